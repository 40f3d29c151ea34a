import { expect, test } from 'vitest'
import { countsAt, momentOf } from './film'

const NAMES = ['addressed', 'acknowledged', 'reported', 'completed', 'overdue'] as const
const SHOTS = [
  { frame: 1, counts: [3, 0, 0, 0, 0] },
  { frame: 4, counts: [3, 2, 0, 0, 1] },
]

test('a frame shows what had changed until then', () => {
  const acknowledged = [0, 1, 3, 4, 9].map((frame) => {
    const counts = countsAt([...NAMES], SHOTS, frame)
    return [counts.addressed, counts.acknowledged, counts.overdue]
  })
  expect(acknowledged).toEqual([
    [0, 0, 0],
    [3, 0, 0],
    [3, 0, 0],
    [3, 2, 1],
    [3, 2, 1],
  ])
})

test('the last frame is the end', () => {
  const review = { start: '2019-08-09T12:00:00Z', end: '2019-08-09T12:00:50Z', step_seconds: 60 }
  expect(momentOf(review, 1)).toBe(Date.parse(review.end))
})
