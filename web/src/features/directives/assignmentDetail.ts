import { onScopeDispose, watch } from 'vue'
import { tasks } from '@/api'
import type { Assignment } from '@/api/types'
import { coalesce } from '@/lib/coalesce'
import { debounce } from '@/lib/debounce'
import { useResource } from '@/lib/resource'
import { onPushed, useConnection } from '@/realtime/connection'
import { useOutbox } from '@/offline/outbox'
import { useInbox } from './inbox'
import { isOver } from './pressure'

const GATHER_MS = 250

/** One assignment with its history, fetched again whenever something of it has changed. */
export function useAssignmentDetail(id: string) {
  const inbox = useInbox()
  const outbox = useOutbox()
  const connection = useConnection()
  const resource = useResource<Assignment, []>(() => tasks.assignment(id))
  const reload = coalesce(() => resource.load())
  const reloadSoon = debounce(() => void reload(), GATHER_MS)

  async function open(): Promise<void> {
    await reload()
    const state = resource.data.value?.state
    if (state === 'issued' || state === 'delivered') await inbox.noteRead(id)
  }

  /** An action's answer is shown at once; what only the full view has (the history) follows. */
  function adopt(answer: Assignment): void {
    const { history, reports, escalations, endings, changes, origin } = resource.data.value ?? {}
    resource.data.value = { history, reports, escalations, endings, changes, origin, ...answer }
    if (isOver(answer)) inbox.byId.delete(id)
    else inbox.put(resource.data.value)
    // What is on its way was read before, and would take this back.
    if (resource.loading.value) void resource.load()
    else reloadSoon()
  }

  const ends = [
    onPushed('assignment.updated', ({ assignment_id }) => {
      if (assignment_id === id) reloadSoon()
    }),
    onPushed('escalation.fired', ({ directive_id }) => {
      if (directive_id === resource.data.value?.directive.id) reloadSoon()
    }),
    onPushed('directive.ended', ({ directive_id }) => {
      if (directive_id === resource.data.value?.directive.id) reloadSoon()
    }),
    onPushed('rollup.updated', ({ directive_id }) => {
      if (directive_id === resource.data.value?.directive.id) reloadSoon()
    }),
  ]
  watch(
    () => connection.connected,
    (connected) => connected && reloadSoon(),
  )
  watch(
    () => outbox.entriesFor(id).length,
    (count, before) => count < before && reloadSoon(),
  )
  onScopeDispose(() => {
    for (const end of ends) end()
    reloadSoon.cancel()
  })

  return { ...resource, open, adopt, reloadSoon }
}
