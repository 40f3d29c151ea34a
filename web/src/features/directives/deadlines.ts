export type DeadlineError = 'deadlinePast' | 'deadlineTooLate' | 'deadlineOrder'

export interface DeadlineCheck {
  ack: DeadlineError | null
  report: DeadlineError | null
}

/** A deadline lies ahead, is not later than the one set above, and a report is not due before the acknowledgement. */
export function checkDeadlines(
  own: { ack: string | null; report: string | null },
  above: { ack: string | null; report: string | null },
  now: number,
): DeadlineCheck {
  return {
    ack: checkOne(own.ack, above.ack, now),
    report:
      checkOne(own.report, above.report, now) ??
      (own.ack && own.report && Date.parse(own.report) < Date.parse(own.ack)
        ? 'deadlineOrder'
        : null),
  }
}

function checkOne(own: string | null, above: string | null, now: number): DeadlineError | null {
  if (!own) return null
  // A deadline inherited unchanged may already have passed: the unit is late, and still has to pass it on.
  if (above && Date.parse(own) === Date.parse(above)) return null
  if (above && Date.parse(own) > Date.parse(above)) return 'deadlineTooLate'
  return Date.parse(own) <= now ? 'deadlinePast' : null
}
