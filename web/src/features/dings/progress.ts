import type { ApiProblem } from '@/api'
import type { Ding, Progress, RecipientState } from '@/api/dings'
import { partsIn } from '@/lib/descent'
import type { EventData } from '@/realtime/events'

/** From done to not even reached, as the bar shows them. */
export const STATES: RecipientState[] = ['confirmed', 'read', 'delivered', 'unreached']

export const partsOf = (progress: Progress) => partsIn(STATES, progress)

export function withProgress(ding: Ding, event: EventData['ding.progress']): Ding {
  if (event.ding_id !== ding.id || !ding.sent) return ding
  const { state, completed_at, next_repeat_at, addressed, confirmed, read, delivered, unreached } = event
  const progress = { addressed, confirmed, read, delivered, unreached }
  return { ...ding, state, completed_at, next_repeat_at, sent: { ...ding.sent, progress } }
}

export function withCancelled(ding: Ding, event: EventData['ding.cancelled']): Ding {
  if (event.ding_id !== ding.id) return ding
  return { ...ding, state: 'cancelled', cancelled_at: event.cancelled_at, next_repeat_at: null }
}

export function withCompleted(ding: Ding, event: EventData['ding.completed']): Ding {
  if (event.ding_id !== ding.id || ding.cancelled_at) return ding
  return { ...ding, state: 'complete', completed_at: event.completed_at, next_repeat_at: null }
}

/** Something is still on its way that no event tells of: the counting, or calls by telephone. */
export function isUnderWay(ding: Ding): boolean {
  if (!ding.sent) return false
  if (!ding.sent.progress) return true
  return Object.values(ding.sent.calls ?? {}).some(
    (count) => count.waiting > 0 || Object.values(count).every((n) => n === 0),
  )
}

/** Whom the server refused, where its answer points at one of those named. */
export function blamed<P>(problem: ApiProblem, officials: P[]): P | undefined {
  const index = /^\/official_ids\/(\d+)/.exec(problem.errors[0]?.pointer ?? '')?.[1]
  return index === undefined ? undefined : officials[Number(index)]
}
