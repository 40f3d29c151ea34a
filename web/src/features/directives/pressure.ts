import type { Assignment, Urgency } from '@/api/types'

const URGENCY_RANK: Record<Urgency, number> = { critical: 0, urgent: 1, normal: 2 }

export function needsAcknowledgement(assignment: Assignment): boolean {
  return ['issued', 'delivered', 'read'].includes(assignment.state)
}

/** The deadline that the official works against now: first to acknowledge, then to report; none once both are done. */
export function pressingDeadline(
  assignment: Pick<Assignment, 'state' | 'ack_deadline' | 'report_deadline'>,
): string | null {
  if (assignment.state === 'completed' || assignment.state === 'reported') return null
  if (assignment.state === 'acknowledged') return assignment.report_deadline
  return assignment.ack_deadline
}

export const isExercise = ({ directive }: Pick<Assignment, 'directive'>): boolean => directive.event.mode === 'exercise'

/** Order of the received list: what is actual before any exercise; then what is overdue, by urgency, by the nearest deadline. */
export function byPressure(a: Assignment, b: Assignment): number {
  const exercise = Number(isExercise(a)) - Number(isExercise(b))
  if (exercise !== 0) return exercise
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
