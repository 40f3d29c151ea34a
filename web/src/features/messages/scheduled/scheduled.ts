import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { asProblem, scheduled, type ApiProblem } from '@/api'
import type { Scheduled } from '@/api/scheduled'
import { allPages } from '@/lib/allPages'
import { onPushed, useConnection } from '@/realtime/connection'
import { countsOf, withScheduled } from './pending'

/** My messages in one conversation that wait for their time, kept up to date. */
export function useScheduled(conversationId: string) {
  const connection = useConnection()
  const items = shallowRef<Scheduled[]>([])
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)

  async function load(): Promise<void> {
    try {
      // At most a hundred by the server's rule.
      items.value = await allPages((cursor) => scheduled.pending(conversationId, cursor))
      loaded.value = true
      problem.value = null
    } catch (error) {
      problem.value = asProblem(error)
    }
  }

  function note(changed: Scheduled): void {
    if (changed.conversation_id === conversationId) items.value = withScheduled(items.value, changed)
  }

  void load()
  // What happened meanwhile was not heard.
  watch(() => connection.connected, (connected, before) => connected && before === false && void load())
  onScopeDispose(onPushed('scheduled.updated', note))

  return { items, loaded, problem, counts: computed(() => countsOf(items.value)), load, note }
}

export type ScheduledList = ReturnType<typeof useScheduled>
