import { onScopeDispose, watch, type Ref } from 'vue'
import { orgtree, tasks } from '@/api'
import type { Directive, Rollup, Unit } from '@/api/types'
import { useSession } from '@/features/signin/session'
import { coalesce } from '@/lib/coalesce'
import { debounce } from '@/lib/debounce'
import { useResource } from '@/lib/resource'
import { onPushed, useConnection } from '@/realtime/connection'
import { keepWatching } from '@/realtime/watching'

const LOOK_MS = 30_000
const GATHER_MS = 250
const LATEST_MS = 750

/**
 * The roll-up of one unit, moving with the reports: watched over the socket, fetched again when something below changed.
 * `beside` is told of each fetch as it begins.
 */
export function useRollup(directiveId: string, unitId: Ref<string | null>, beside: () => void = () => undefined) {
  const connection = useConnection()
  const session = useSession()
  const directive = useResource<Directive, []>(() => tasks.directive(directiveId))
  const rollup = useResource<Rollup, []>((signal) => {
    beside()
    return tasks.rollup(directiveId, unitId.value, signal)
  })
  const path = useResource<Unit[], [string]>(async (_, id) => (await orgtree.ancestors(id)).items)
  const refetch = coalesce(() => rollup.load())
  const refetchSoon = debounce(() => void refetch(), GATHER_MS, LATEST_MS)
  let watched: { directive_id: string; unit_id: string } | null = null

  function unwatch(): void {
    if (watched) connection.send('unwatch', watched)
    watched = null
  }

  function watchUnit(id: string): void {
    if (watched?.unit_id === id) return
    unwatch()
    watched = { directive_id: directiveId, unit_id: id }
    join()
  }

  function join(): void {
    // What changed before the server had us in the room was pushed to others only.
    if (watched && connection.connected) connection.ask('watch', watched, () => refetchSoon())
  }

  // Whichever fetch brings it: the first one is given up where another begins before its answer is here.
  watch(
    () => rollup.data.value?.unit.id,
    (id) => {
      if (!id) return
      watchUnit(id)
      void path.load(id)
    },
  )

  /** Upwards as far as this official may look: from their own unit. */
  function crumbs(): { id: string; name: string }[] {
    const unit = rollup.data.value?.unit
    if (!unit) return []
    const above = (path.data.value ?? []).filter((other) => other.id !== unit.id)
    const start = above.findIndex((other) => other.id === session.me?.post?.unit.id)
    return start < 0 ? [unit] : [...above.slice(start), unit]
  }

  watch(unitId, () => {
    rollup.clear()
    void rollup.load()
  })
  const endUpdates = onPushed('rollup.updated', ({ directive_id, unit_ids }) => {
    const shown = rollup.data.value?.unit.id
    if (directive_id === directiveId && shown && unit_ids.includes(shown)) refetchSoon()
  })
  // What tells of changes is a hint: one that was lost is made good by looking now and then.
  const look = setInterval(() => document.hidden || refetchSoon(), LOOK_MS)
  const endEnds = onPushed('directive.ended', ({ directive_id }) => {
    if (directive_id === directiveId) reload()
  })
  onScopeDispose(endEnds)

  /** What became of the directive itself, and the sums with it. */
  function reload(): void {
    void directive.load()
    refetchSoon()
  }

  onScopeDispose(() => {
    clearInterval(look)
    endUpdates()
    refetchSoon.cancel()
    unwatch()
  })

  void directive.load()
  void rollup.load()
  keepWatching(() => {
    join()
    // There is nothing to watch where the first fetch failed, for want of the network that is there now.
    if (!watched && !rollup.loading.value) refetchSoon()
  })
  return { directive, rollup, crumbs, open: rollup.load, reload }
}
