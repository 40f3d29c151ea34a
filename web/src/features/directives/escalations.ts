import { computed, onScopeDispose, ref, watch } from 'vue'
import { tasks } from '@/api'
import type { Escalation } from '@/api/types'
import { coalesce } from '@/lib/coalesce'
import { debounce } from '@/lib/debounce'
import { onPushed, useConnection } from '@/realtime/connection'
import { isExercise } from './pressure'

const GATHER_MS = 300

/** Units that are late and of which I was told: what is actual first, then the latest step. */
export function useEscalations() {
  const connection = useConnection()
  const items = ref<Escalation[]>([])
  const more = ref(false)
  /** Those one can acknowledge oneself stand first, whatever is an exercise last. */
  const rank = ({ assignment }: Escalation) => Number(isExercise(assignment)) * 2 - Number(assignment.may.acknowledge)
  const actual = computed(() => items.value.filter(({ assignment }) => !isExercise(assignment)).length)
  const sorted = computed(() => [...items.value].sort((a, b) => rank(a) - rank(b)))

  const load = coalesce(async () => {
    // The list above is a help: where it cannot be had, the assignments below are still there.
    const page = await tasks.escalations().catch(() => null)
    if (!page) return
    items.value = page.items
    more.value = page.next !== null
  })
  const soon = debounce(() => void load(), GATHER_MS)
  const ends = [onPushed('escalation.fired', soon), onPushed('assignment.updated', soon)]
  watch(
    () => connection.connected,
    (connected) => connected && soon(),
  )
  onScopeDispose(() => {
    for (const end of ends) end()
    soon.cancel()
  })
  void load()
  return { sorted, actual, more, soon }
}
