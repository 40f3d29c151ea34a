import type { Assignment, Urgency } from '@/api/types'

const URGENCY_RANK: Record<Urgency, number> = { critical: 0, urgent: 1, normal: 2 }

/** It asks nothing more of the unit; a cancelled one does until the unit has acknowledged the cancel. */
export function isOver(assignment: Assignment): boolean {
  if (assignment.state === 'cancelled') return !assignment.may.stand_down
  const gone = ['completed', 'returned', 'transferred', 'superseded'].includes(assignment.state)
  return gone || assignment.cleared_at !== null || assignment.directive.status !== 'open'
}

export function needsAcknowledgement(assignment: Assignment): boolean {
  return ['issued', 'delivered', 'read'].includes(assignment.state)
}

/** The deadline that the official works against now: first to acknowledge, then to report; none once both are done. */
export function pressingDeadline(
  assignment: Pick<Assignment, 'state' | 'ack_deadline' | 'report_deadline'>,
): string | null {
  if (['acknowledged', 'in_progress'].includes(assignment.state)) return assignment.report_deadline
  return ['issued', 'delivered', 'read'].includes(assignment.state) ? assignment.ack_deadline : null
}

export const isExercise = ({ directive }: Pick<Assignment, 'directive'>): boolean => directive.event.mode === 'exercise'

/** Order of the received list: what is actual before any exercise; then what is overdue, by urgency, by the nearest deadline. */
export function byPressure(a: Assignment, b: Assignment): number {
  const exercise = Number(isExercise(a)) - Number(isExercise(b))
  if (exercise !== 0) return exercise
  // Whoever is still at what was cancelled must hear of it first.
  const cancelled = Number(b.state === 'cancelled') - Number(a.state === 'cancelled')
  if (cancelled !== 0) return cancelled
  const overdue = Number(b.overdue !== null) - Number(a.overdue !== null)
  if (overdue !== 0) return overdue
  const urgency = URGENCY_RANK[a.directive.urgency] - URGENCY_RANK[b.directive.urgency]
  if (urgency !== 0) return urgency
  const [first, second] = [pressingDeadline(a), pressingDeadline(b)]
  if (first === second) return a.id.localeCompare(b.id)
  if (first === null) return 1
  if (second === null) return -1
  return first.localeCompare(second)
}
