import { describe, expect, test } from 'vitest'
import { ApiProblem } from '@/api/problem'
import type { Ding } from '@/api/dings'
import { blamed, isUnderWay, partsOf, withCancelled, withProgress } from './progress'
import { asMine, NOTHING, waits, withCount, withDing, withMy, without } from './waiting'

function ding(id: string, over: Partial<Ding> = {}): Ding {
  return {
    id,
    sender: { id: 's', name: '冉亮兵', post_title: '值班员', unit_name: '浙江省' },
    text: '立即转移危险区域人员',
    message: null,
    audience: null,
    officials: 1,
    channels: ['in_app'],
    repeat: null,
    step: 0,
    next_repeat_at: null,
    created_at: `2019-08-09T00:00:0${id}Z`,
    state: 'open',
    cancelled_at: null,
    completed_at: null,
    my: { delivered_at: null, read_at: null, confirmed_at: null, late: false },
    sent: null,
    ...over,
  }
}

const done = { delivered_at: 'x', read_at: 'x', confirmed_at: 'x', late: false }
const ids = ({ items }: { items: Ding[] }) => items.map(({ id }) => id)

describe('what waits for me', () => {
  const two = withDing(withDing(NOTHING, ding('1')), ding('2'))

  test('is open and unconfirmed, newest first, each once', () => {
    expect(ids(two)).toEqual(['2', '1'])
    expect(ids(withDing(two, ding('1', { step: 1 })))).toEqual(['2', '1'])
    expect(ids(withDing(two, ding('3', { state: 'complete' })))).toEqual(['2', '1'])
  })

  test('shrinks when I confirm on any device, and when it is cancelled', () => {
    expect(ids(withMy(two, '1', done))).toEqual(['2'])
    expect(ids(without(two, '2'))).toEqual(['1'])
    expect(without(two, '9')).toBe(two)
  })

  test('stays when I have only read it', () => {
    const read = withMy(two, '1', { ...done, confirmed_at: null })
    expect(read.items.find(({ id }) => id === '1')?.my?.read_at).toBe('x')
  })

  test('counts those that the server knows beyond the ones fetched', () => {
    expect(withCount(two, 5).beyond).toBe(3)
    expect(withCount(two, 1).beyond).toBe(0)
  })

  test('a pushed one is unanswered, unless I know better; what I sent never waits', () => {
    const pushed = ding('1', { my: null })
    expect(waits(asMine(pushed))).toBe(true)
    expect(waits(asMine(pushed, done))).toBe(false)
    expect(waits(pushed)).toBe(false)
  })
})

describe('progress', () => {
  const counts = { addressed: 8, confirmed: 2, read: 2, delivered: 2, unreached: 2 }
  const sent = ding('1', { my: null, sent: { progress: null, client_id: null } })
  const event = { ding_id: '1', state: 'open' as const, completed_at: null, next_repeat_at: 'n', ...counts }

  test('comes from the event into the DING it belongs to', () => {
    const after = withProgress(sent, event)
    expect(after.sent?.progress).toEqual(counts)
    expect(after.next_repeat_at).toBe('n')
    expect(withProgress(sent, { ...event, ding_id: '2' })).toBe(sent)
  })

  test('is asked for again while it is counted and while calls wait', () => {
    const none = { waiting: 0, sent: 0, failed: 0, unreached: 0, dropped: 0 }
    const withCalls = (sms: typeof none) =>
      isUnderWay({ ...sent, sent: { progress: counts, client_id: null, calls: { sms } } })
    expect(isUnderWay(sent)).toBe(true)
    expect(isUnderWay(withProgress(sent, event))).toBe(false)
    expect([withCalls({ ...none, waiting: 1 }), withCalls(none), withCalls({ ...none, sent: 2 })]).toEqual([true, true, false])
    expect(isUnderWay(ding('1'))).toBe(false)
  })

  test('a cancelled one repeats no more', () => {
    const after = withCancelled(withProgress(sent, event), { ding_id: '1', cancelled_at: 'c' })
    expect([after.state, after.next_repeat_at, after.sent?.progress]).toEqual(['cancelled', null, counts])
  })

  test('the parts fill the bar; nobody addressed is no division by zero', () => {
    expect(partsOf(counts).reduce((sum, { percent }) => sum + percent, 0)).toBe(100)
    expect(partsOf({ addressed: 0, confirmed: 0, read: 0, delivered: 0, unreached: 0 })[0]?.percent).toBe(0)
  })
})

test('a refusal that points at a person names them', () => {
  const refused = new ApiProblem(422, 'invalid', '', [{ pointer: '/official_ids/1', detail: '' }])
  expect(blamed(refused, ['甲', '乙'])).toBe('乙')
  expect(blamed(new ApiProblem(403, 'not_permitted', ''), ['甲'])).toBeUndefined()
})
