import { describe, expect, test } from 'vitest'
import type { Scheduled } from '@/api/scheduled'
import { countsOf, presets, withScheduled, wrongTime } from './pending'

function item(id: string, at: string, state: Scheduled['state'] = 'waiting'): Scheduled {
  return {
    id,
    conversation_id: 'c',
    kind: 'text',
    text: id,
    content: null,
    reply_to_seq: null,
    at,
    state,
    failure: null,
    seq: null,
    created_at: at,
    client_id: null,
  }
}

const ids = (list: Scheduled[]) => list.map(({ id }) => id)

describe('the list of scheduled messages', () => {
  const list = [item('a', '2019-08-09T01:00:00Z'), item('b', '2019-08-09T02:00:00Z')]

  test('stays in the order of their times, each once', () => {
    expect(ids(withScheduled(list, item('c', '2019-08-09T01:30:00Z')))).toEqual(['a', 'c', 'b'])
    expect(ids(withScheduled(list, item('a', '2019-08-09T03:00:00Z')))).toEqual(['b', 'a'])
  })

  test('keeps what failed and drops what was sent or cancelled', () => {
    const failed = withScheduled(list, item('a', '2019-08-09T01:00:00Z', 'failed'))
    expect(countsOf(failed)).toEqual({ waiting: 1, failed: 1 })
    expect(ids(withScheduled(failed, item('a', '2019-08-09T01:00:00Z', 'sent')))).toEqual(['b'])
    expect(ids(withScheduled(failed, item('b', '2019-08-09T02:00:00Z', 'cancelled')))).toEqual(['a'])
  })
})

test('a time lies ahead, and not more than a year', () => {
  const now = Date.UTC(2019, 7, 9)
  expect(wrongTime(null, now)).toBeNull()
  expect(wrongTime(new Date(now), now)).toBe('past')
  expect(wrongTime(new Date(now + 60_000), now)).toBeNull()
  expect(wrongTime(new Date(Date.UTC(2020, 8, 9)), now)).toBe('far')
})

test('only times ahead are offered, and Monday is the next one', () => {
  const mondayNight = new Date(2019, 7, 5, 22, 30).getTime()
  const offered = presets(mondayNight)
  expect(offered.map(({ key }) => key)).toEqual(['inHour', 'tomorrow', 'monday'])
  expect(offered.every(({ at }) => at.getTime() > mondayNight)).toBe(true)
  expect(offered.at(-1)?.at).toEqual(new Date(2019, 7, 12, 9))
  const sunday = new Date(2019, 7, 11, 8).getTime()
  expect(presets(sunday).at(-1)?.at).toEqual(new Date(2019, 7, 12, 9))
})
