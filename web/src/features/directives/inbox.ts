import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { asProblem, tasks, type ApiProblem } from '@/api'
import type { Assignment } from '@/api/types'
import { coalesce } from '@/lib/coalesce'
import { debounce } from '@/lib/debounce'
import { byPressure, isExercise, isOver, needsAcknowledgement } from './pressure'

const GATHER_MS = 300
const RETRY_MS = 3_000
const RECEIPTS_AT_ONCE = 200

/** The open assignments of the unit that the official acts for. */
export const useInbox = defineStore('inbox', () => {
  const byId = ref(new Map<string, Assignment>())
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)
  let onArrival: (assignments: Assignment[]) => void = () => undefined
  let generation = 0
  let retry: ReturnType<typeof setTimeout> | null = null

  const sorted = computed(() => [...byId.value.values()].sort(byPressure))
  /** What counts on badges: an exercise is never among what is actual. */
  const waiting = computed(() => sorted.value.filter((item) => needsAcknowledgement(item) && !isExercise(item)))
  const exercises = computed(() => sorted.value.filter((item) => needsAcknowledgement(item) && isExercise(item)))

  function put(assignment: Assignment): void {
    byId.value.set(assignment.id, assignment)
  }

  async function fetchAll(): Promise<Assignment[]> {
    const found: Assignment[] = []
    let cursor: string | null = null
    do {
      const page: { items: Assignment[]; next: string | null } = await tasks.myAssignments(
        'open',
        cursor,
      )
      found.push(...page.items)
      cursor = page.next
    } while (cursor)
    return found
  }

  const refresh = coalesce(async () => {
    const mine = generation
    if (retry) clearTimeout(retry)
    try {
      const found = await fetchAll()
      if (mine !== generation) return
      // What was there at the first look is shown by the list and its badge; only what comes later has just arrived.
      const arrived = loaded.value
        ? found.filter((item) => !byId.value.has(item.id) && needsAcknowledgement(item))
        : []
      byId.value = new Map(found.map((item) => [item.id, item]))
      loaded.value = true
      problem.value = null
      void tellDelivered(found)
      if (arrived.length > 0) onArrival(arrived)
    } catch (error) {
      if (mine !== generation) return
      problem.value = asProblem(error)
      if (problem.value.isTransient) retry = setTimeout(() => void refresh(), RETRY_MS)
    }
  })

  async function tellDelivered(found: Assignment[]): Promise<void> {
    const ids = found.filter((item) => item.state === 'issued').map((item) => item.id)
    if (ids.length > 0) await tellReceipt(ids, 'delivered')
  }

  async function tellReceipt(ids: string[], kind: 'delivered' | 'read'): Promise<void> {
    try {
      for (let start = 0; start < ids.length; start += RECEIPTS_AT_ONCE) {
        const some = ids.slice(start, start + RECEIPTS_AT_ONCE)
        for (const { id, state } of (await tasks.sendReceipts(some, kind)).items) {
          const known = byId.value.get(id)
          if (known) known.state = state
        }
      }
    } catch {
      // A receipt is told again when the list is next fetched or the item is next opened.
    }
  }

  async function refetch(id: string): Promise<void> {
    const fresh = await tasks.assignment(id).catch(() => null)
    if (!fresh) return
    if (isOver(fresh)) byId.value.delete(id)
    else if (byId.value.has(id)) put(fresh)
  }

  const refreshSoon = debounce(() => void refresh(), GATHER_MS)

  function reset(): void {
    generation += 1
    refreshSoon.cancel()
    if (retry) clearTimeout(retry)
    byId.value = new Map()
    loaded.value = false
    problem.value = null
  }

  return {
    byId,
    sorted,
    waiting,
    exercises,
    loaded,
    problem,
    refresh,
    refetch,
    put,
    noteRead: (id: string) => tellReceipt([id], 'read'),
    noteChange: (id: string) => (byId.value.has(id) ? void refetch(id) : refreshSoon()),
    whenArrived: (callback: typeof onArrival) => (onArrival = callback),
    reset,
  }
})
