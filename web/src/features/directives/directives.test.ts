import { describe, expect, test } from 'vitest'
import type { Assignment, FigureSpec } from '@/api/types'
import { missingFields, type DraftDirective } from '@/features/planning/draftForm'
import { checkDeadlines } from './deadlines'
import { figureKey, figureText, parseFigures, percent, restOfRisks } from './figures'
import { byPressure, pressingDeadline } from './pressure'
import { reachOf } from './reach'

const moved: FigureSpec = { key: 'moved', name: '转移人数', unit: '人', minimum: 0, required: true }
const boats: FigureSpec = { key: 'boats', name: '在港船只', unit: '艘', minimum: 5, required: false }

describe('figures', () => {
  test('nobody reported is a dash, never zero', () => {
    expect(figureText(null, 'zh')).toBe('—')
    expect(figureText(undefined, 'zh')).toBe('—')
    expect(figureText(0, 'zh')).toBe('0')
    expect(figureText(52366, 'zh')).toBe('52,366')
  })

  test('a figure left empty is left out, not sent as zero', () => {
    expect(parseFigures([moved, boats], { moved: ' 43 ', boats: '' })).toEqual({
      values: { moved: 43 },
      errors: {},
    })
  })

  test.each([
    ['', 'required'],
    ['4.5', 'integer'],
    ['1e3', 'integer'],
    ['四十三', 'integer'],
    ['99999999999999999999', 'integer'],
    ['-1', 'minimum'],
  ])('refuses %j as %s', (typed, error) => {
    expect(parseFigures([moved], { moved: typed }).errors).toEqual({ moved: error })
  })

  test('the minimum itself is allowed', () => {
    expect(parseFigures([boats], { boats: '5' }).values).toEqual({ boats: 5 })
    expect(parseFigures([boats], { boats: '4' }).errors).toEqual({ boats: 'minimum' })
  })

  test('a share says 100 only when all have, and 0 only when none has', () => {
    expect(percent(0, 1387)).toBe(0)
    expect(percent(1, 1387)).toBe(1)
    expect(percent(1386, 1387)).toBe(99)
    expect(percent(1387, 1387)).toBe(100)
    expect(percent(0, 0)).toBe(0)
  })

  test('keys of added figures do not collide', () => {
    expect(figureKey(2, ['figure_2', 'people_moved'])).toBe('figure_3')
  })
})

function assignment(part: {
  id: string
  state?: Assignment['state']
  overdue?: Assignment['overdue']
  urgency?: Assignment['directive']['urgency']
  ack?: string
  report?: string | null
  mode?: 'actual' | 'exercise'
}): Assignment {
  return {
    id: part.id,
    state: part.state ?? 'delivered',
    overdue: part.overdue ?? null,
    ack_deadline: part.ack ?? '2019-08-09T14:00:00Z',
    report_deadline: part.report === undefined ? '2019-08-09T16:00:00Z' : part.report,
    directive: { urgency: part.urgency ?? 'normal', event: { mode: part.mode ?? 'actual' } },
  } as Assignment
}

describe('the received list', () => {
  test('puts overdue first, then urgency, then the nearest deadline; exercises after all that is actual', () => {
    const list = [
      assignment({ id: 'late-normal', overdue: 'report' }),
      assignment({ id: 'critical-later', urgency: 'critical', ack: '2019-08-09T15:00:00Z' }),
      assignment({ id: 'critical-sooner', urgency: 'critical', ack: '2019-08-09T13:00:00Z' }),
      assignment({ id: 'urgent', urgency: 'urgent', ack: '2019-08-09T12:00:00Z' }),
      assignment({ id: 'exercise', urgency: 'critical', overdue: 'report', mode: 'exercise' }),
    ].reverse()
    expect(list.sort(byPressure).map(({ id }) => id)).toEqual([
      'late-normal',
      'critical-sooner',
      'critical-later',
      'urgent',
      'exercise',
    ])
  })

  test('counts down to the acknowledgement, then to the report, then to nothing', () => {
    expect(pressingDeadline(assignment({ id: 'a', state: 'read' }))).toBe('2019-08-09T14:00:00Z')
    expect(pressingDeadline(assignment({ id: 'a', state: 'acknowledged' }))).toBe(
      '2019-08-09T16:00:00Z',
    )
    expect(pressingDeadline(assignment({ id: 'a', state: 'acknowledged', report: null }))).toBeNull()
    expect(pressingDeadline(assignment({ id: 'a', state: 'reported' }))).toBeNull()
  })
})

describe('deadlines passed on', () => {
  const now = Date.parse('2019-08-09T12:00:00Z')
  const above = { ack: '2019-08-09T14:00:00+00:00', report: '2019-08-09T16:00:00+00:00' }

  test('may be equal to or earlier than those above, never later', () => {
    expect(checkDeadlines(above, above, now)).toEqual({ ack: null, report: null })
    const later = { ack: '2019-08-09T14:00:01Z', report: '2019-08-09T15:00:00Z' }
    expect(checkDeadlines(later, above, now)).toEqual({ ack: 'deadlineTooLate', report: null })
  })

  test('lie ahead, unless they are inherited and have already passed', () => {
    const past = { ack: '2019-08-09T11:00:00Z', report: null }
    expect(checkDeadlines(past, above, now).ack).toBe('deadlinePast')
    expect(checkDeadlines(past, { ack: past.ack, report: null }, now).ack).toBeNull()
  })

  test('a report is not due before the acknowledgement', () => {
    const crossed = { ack: '2019-08-09T14:00:00Z', report: '2019-08-09T13:00:00Z' }
    expect(checkDeadlines(crossed, { ack: null, report: null }, now).report).toBe('deadlineOrder')
  })
})

describe('a directive being written', () => {
  const whole: DraftDirective = {
    eventId: '1',
    title: 'a',
    text: 'b',
    urgency: 'urgent',
    audiences: [{ unit_id: '1', levels: null, line: null, role: null }],
    units: [],
    area: null,
    lead: null,
    cooperating: [],
    copies: [],
    files: [],
    ack: '2019-08-09T12:00:00Z',
    report: null,
    ackMinutes: null,
    reportMinutes: null,
    interval: null,
    escalation: [],
    figures: [moved],
    countersign: false,
    way: 'all',
  }

  test('lacks nothing without a deadline to report', () => expect(missingFields(whole)).toEqual([]))

  test('names what it lacks in the order of the form', () => {
    const nameless = { ...moved, unit: ' ' }
    expect(missingFields({ ...whole, eventId: '', title: ' ', text: '', ack: null, figures: [nameless] })).toEqual([
      'event',
      'title',
      'content',
      'ackDeadline',
      'figuresEditor',
    ])
    const placeless = { unit_id: '', levels: null, line: null, role: null }
    expect(missingFields({ ...whole, audiences: [...whole.audiences, placeless] })).toEqual(['audience'])
  })
})

describe('the reach of passing on', () => {
  const counts = [
    { level: 6 as const, units: 70 },
    { level: 4 as const, units: 0 },
    { level: 5 as const, units: 35 },
  ]

  test('is what stands at the chosen levels, top down', () => {
    expect(reachOf(counts, [4, 5, 6])).toEqual([
      { level: 5, units: 35 },
      { level: 6, units: 70 },
    ])
    expect(reachOf(counts, [5])).toEqual([{ level: 5, units: 35 }])
    expect(reachOf(counts, [])).toEqual([])
  })
})

test('a sum says what of it has no kind of risk, and a part nobody reported is no zero that hides it', () => {
  expect(restOfRisks(1_256, [400, 804])).toBe(52)
  expect(restOfRisks(52, [null, null])).toBe(52)
  expect(restOfRisks(10, [4, 6])).toBe(0)
})
