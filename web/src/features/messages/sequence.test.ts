import { describe, expect, test } from 'vitest'
import type { Message } from '@/api/types'
import type { OutboxEntry } from '@/offline/queue'
import { chatRows, keepUnchanged } from './rows'
import { message, quoting } from './sample'
import { leavesGap, mergeMessages, shownOf, tailSeq, withFetched, withRecall } from './sequence'

describe('a stretch of messages', () => {
  test('is kept in the order of seq, once each, however they arrive', () => {
    const merged = mergeMessages([message(3), message(5)], [message(4), message(3), message(2)])
    expect(merged.map(({ seq }) => seq)).toEqual([2, 3, 4, 5])
  })

  test('takes the later copy of a message', () => {
    const recalled = message(1, { text: null, recalled_at: '2019-08-09T04:02:00Z' })
    expect(mergeMessages([message(1)], [recalled])[0]?.text).toBeNull()
  })

  test('keeps the client_id of an own message when the broadcast copy comes after it', () => {
    const merged = mergeMessages([message(1, { client_id: 'k' })], [message(1)])
    expect(merged[0]?.client_id).toBe('k')
  })

  test('has a gap when the next seq is jumped, not when it follows or repeats', () => {
    const list = [message(7), message(8)]
    expect(tailSeq(list)).toBe(8)
    expect([8, 9, 10].map((seq) => leavesGap(list, seq))).toEqual([false, false, true])
    expect(leavesGap([], 1)).toBe(false)
    expect(leavesGap([], 2)).toBe(true)
  })

  test('hides a recalled text also where it is quoted', () => {
    const [first, second] = withRecall([message(1), quoting], {
      seq: 1,
      recalled_at: '2019-08-09T04:02:00Z',
    })
    expect(first?.text).toBeNull()
    expect(second?.reply_to?.text).toBeNull()
    expect(second?.text).toBe('text 2')
  })
})

describe('a stretch that was opened aside', () => {
  const seqs = (list: Message[]) => list.map(({ seq }) => seq)
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => message(from + index))
  const live = range(90, 95)

  test('is what is shown, and leaves the live one alone', () => {
    const opened = withFetched({ messages: live, aside: [] }, range(10, 14))
    expect([seqs(shownOf(opened)), opened.messages]).toEqual([[10, 11, 12, 13, 14], live])
  })

  test('grows at both ends', () => {
    const older = withFetched({ messages: live, aside: range(10, 12) }, range(7, 9))
    const both = withFetched(older, range(13, 15))
    expect(seqs(shownOf(both))).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15])
  })

  test('becomes one with the live one when they meet, which knows the messages better', () => {
    const edited = [message(90, { text: 'edited' }), ...range(91, 95)]
    const met = withFetched({ messages: edited, aside: range(84, 86) }, range(87, 90))
    expect(met.aside).toBeNull()
    expect(seqs(met.messages)).toEqual([84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95])
    expect(met.messages.find(({ seq }) => seq === 90)?.text).toBe('edited')
    expect(withFetched({ messages: live, aside: range(84, 86) }, range(87, 88)).aside).not.toBeNull()
  })

  test('takes no page that was asked for another stretch, and neither does the live one', () => {
    const aside = { messages: live, aside: range(40, 44) }
    expect(withFetched(aside, range(13, 15))).toBe(aside)
    const back = { messages: live, aside: null }
    expect(withFetched(back, range(13, 15))).toBe(back)
    expect(seqs(withFetched(back, range(85, 89)).messages)[0]).toBe(85)
  })
})

describe('the rows of a chat', () => {
  const waiting: OutboxEntry = {
    client_id: 'k',
    kind: 'message',
    target: 'c1',
    body: { text: 'on its way' },
    created_at: '2019-08-09T05:00:00Z',
    state: 'sending',
    error: null,
  }

  test('an own message keeps its key when it is acknowledged, and is never shown twice', () => {
    const before = chatRows([message(1)], [waiting], 'o2', null)
    const own = message(2, { client_id: 'k', sender: { ...message(2).sender, id: 'o2' } })
    const after = chatRows([message(1), own], [waiting], 'o2', null)
    expect(before.map(({ key }) => key)).toEqual(['seq-1', 'k'])
    expect(after.map(({ key }) => key)).toEqual(['seq-1', 'k'])
    expect(after[1]?.pending).toBeNull()
  })

  test('the mark of new messages stands before the first one of others after the cursor', () => {
    const own = message(3, { sender: { ...message(3).sender, id: 'o2' } })
    const rows = chatRows([message(1), message(2), own, message(4)], [], 'o2', 1)
    expect(rows.map(({ startsUnread }) => startsUnread)).toEqual([false, true, false, false])
  })

  test('that did not change stay the same objects, so that they are not drawn again', () => {
    const list = [message(1), message(2)]
    const before = chatRows(list, [], 'o2', null)
    const changed = [list[0] as Message, { ...(list[1] as Message), pinned: true }, message(3)]
    const after = keepUnchanged(before, chatRows(changed, [], 'o2', null))
    expect(after[0]).toBe(before[0])
    expect(after[1]).not.toBe(before[1])
    expect(after.map(({ key }) => key)).toEqual(['seq-1', 'seq-2', 'seq-3'])
  })

  test('a day is opened once', () => {
    const next = message(3, { created_at: '2019-08-11T04:00:00Z' })
    const rows = chatRows([message(1), message(2), next], [], 'o2', null)
    expect(rows.map(({ startsDay }) => startsDay !== null)).toEqual([true, false, true])
  })
})
