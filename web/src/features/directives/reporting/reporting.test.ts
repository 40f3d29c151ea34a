import { describe, expect, test } from 'vitest'
import type { FigureSpec, Report } from '@/api/types'
import { withFiles, WAITING } from './pendingFiles'
import { isJump, questionsOf } from './questions'

const MOVED: FigureSpec = { key: 'moved', name: '转移人数', unit: '人', minimum: 0, required: false, max_ratio: 3 }
const former = (moved: number, dead: number | null = null) =>
  ({ figures: { moved }, casualties: { dead, missing: null, injured: null } }) as unknown as Report
const said = (figures: Record<string, number>, more = {}) => ({ figures, by_risk: {}, casualties: {}, ...more })

describe('what must be explained', () => {
  // The server's own cases: tests/tasks/reporting/test_rules.py.
  test.each([
    [100, 300, false],
    [100, 301, true],
    [301, 100, true],
    [3, 0, false],
    [4, 0, true],
    [0, 4, true],
    [1000, undefined, true],
    [-2, 100, true],
  ])('from %s to %s', (before, after, jumps) => {
    expect(isJump(before, after, 3)).toBe(jumps)
  })

  test('jumps, parts that are more than the whole, and fewer dead', () => {
    const reasons = (...asked: Parameters<typeof questionsOf>) => questionsOf(...asked).map(({ reason }) => reason)
    expect(reasons([MOVED], null, said({ moved: 999 }))).toEqual([])
    expect(reasons([MOVED], former(100), said({}))).toEqual(['jump'])
    expect(reasons([MOVED], null, said({ moved: 5 }, { by_risk: { moved: { a: 3, b: 3 } } }))).toEqual(['parts_exceed'])
    expect(reasons([MOVED], former(5, 1), said({ moved: 5 }))).toEqual(['fewer_dead'])
    expect(reasons([{ ...MOVED, max_ratio: null }], former(5), said({ moved: 500 }))).toEqual([])
  })
})

describe('a report with files', () => {
  const body = {
    figures: { moved: 1 },
    device_time: '2019-08-09T12:00:00Z',
    uploads: [
      { key: 'a', photo: true, taken_at: '2019-08-09T11:00:00Z' },
      { key: 'b', photo: false },
    ],
  }

  test('waits until the last one has arrived', () => {
    const attempt = () => withFiles(body, (key) => (key === 'a' ? '17' : null))
    expect(attempt).toThrowError(expect.objectContaining({ code: WAITING, isTransient: true }))
  })

  test('names them as the server knows them', () => {
    const ready = withFiles(body, (key) => ({ a: '17', b: '18' })[key] ?? null)
    expect(ready).toEqual({
      figures: { moved: 1 },
      device_time: body.device_time,
      photos: [{ file_id: '17', taken_at: '2019-08-09T11:00:00Z' }],
      files: [{ file_id: '18' }],
    })
  })
})
