import { expect, test } from 'vitest'
import { everyDay, lastDays } from './period'

test('days are Beijing’s: after four in the afternoon, Greenwich, it is tomorrow there', () => {
  expect(lastDays(7, new Date('2019-08-09T15:59:00Z'))).toEqual({ first: '2019-08-03', last: '2019-08-09' })
  expect(lastDays(7, new Date('2019-08-09T16:00:00Z'))).toEqual({ first: '2019-08-04', last: '2019-08-10' })
})

test('a day on which nobody came is shown as such', () => {
  const days = [{ day: '2019-08-31', officials: 2, opens: 5, errors: 1 }]
  expect(everyDay({ first: '2019-08-30', last: '2019-09-01', days }).map(({ day, opens }) => [day, opens])).toEqual([
    ['2019-08-30', 0],
    ['2019-08-31', 5],
    ['2019-09-01', 0],
  ])
})
