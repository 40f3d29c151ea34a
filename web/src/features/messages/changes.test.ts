import { describe, expect, test } from 'vitest'
import type { Conversation, Message } from '@/api/types'
import { menuItems } from './actions/menuItems'
import { mergeReactions, patched, withEdit, withPins, withReactions } from './changes'
import { byAttention, mentionsMe, noteMention, readUpTo } from './conversationOrder'
import { newestOnly } from './newest'
import { message, quoting } from './sample'

describe('an edit', () => {
  const edit = { seq: 1, text: 'x'.repeat(300), content: null, edited_at: '2019-08-09T05:00:00Z' }

  test('shows in the message and, cut, where it is quoted', () => {
    const [first, second] = withEdit([message(1), quoting], edit)
    expect([first?.text, first?.edited_at]).toEqual([edit.text, edit.edited_at])
    expect(second?.reply_to?.text).toHaveLength(200)
    expect(second?.text).toBe('text 2')
  })

  test('that comes after the recall brings nothing back', () => {
    const recalled = message(1, { text: null, recalled_at: '2019-08-09T04:30:00Z' })
    expect(withEdit([recalled], edit)[0]?.text).toBeNull()
  })
})

describe('reactions', () => {
  const change = { seq: 1, official_id: 'o9', key: 'ok', added: true, reactions: [{ key: 'ok', count: 2 }] }

  test('of others change the counts and leave mine mine', () => {
    const mine = [{ key: 'ok', count: 1, mine: true }]
    expect(mergeReactions(mine, change, 'me')).toEqual([{ key: 'ok', count: 2, mine: true }])
  })

  test('of mine on another device become mine here, and stop being mine', () => {
    const own = { ...change, official_id: 'me' }
    const added = mergeReactions([], own, 'me')
    expect(added).toEqual([{ key: 'ok', count: 2, mine: true }])
    const removed = { ...own, added: false, reactions: [{ key: 'ok', count: 1 }] }
    expect(mergeReactions(added, removed, 'me')).toEqual([{ key: 'ok', count: 1, mine: false }])
  })

  test('touch their message alone', () => {
    const [first, second] = withReactions([message(1), message(2)], change, 'me')
    expect([first?.reactions.length, second?.reactions.length]).toEqual([1, 0])
  })

  test('that were overtaken are dropped, subject by subject', () => {
    const isNewest = newestOnly()
    expect([
      isNewest('a', '2019-08-09T04:00:02Z'),
      isNewest('a', '2019-08-09T04:00:01Z'),
      isNewest('b', '2019-08-09T04:00:01Z'),
      isNewest('a', '2019-08-09T04:00:03Z'),
    ]).toEqual([true, false, true, true])
  })
})

test('pins are what the event lists, no more and no less', () => {
  const pinned = withPins([message(1, { pinned: true }), message(2), message(3)], [3])
  expect(pinned.map((each) => each.pinned)).toEqual([false, false, true])
})

test('a change of one message leaves the others the same objects', () => {
  const [one, two] = [message(1), message(2)]
  const after = patched([one, two], 2, () => ({ favourite: true }))
  expect(after[0]).toBe(one)
  expect(after[1]?.favourite).toBe(true)
})

describe('mentions', () => {
  const called = message(5, { mentions_me: null, mentions: { all: false, people: [{ id: 'me', name: '我' }], audience: null } })

  test('are mine when I am named or all are, never my own', () => {
    expect(mentionsMe(called, 'me')).toBe(true)
    expect(mentionsMe(called, 'other')).toBe(false)
    expect(mentionsMe(called, 'o1')).toBe(false)
    expect(mentionsMe({ ...called, mentions: { all: true, people: [], audience: null } }, 'x')).toBe(true)
    expect(mentionsMe({ ...called, mentions_me: false }, 'me')).toBe(false)
  })

  test('are counted from the first unread one until the cursor passes it', () => {
    const first = noteMention(null, called, 'me')
    const both = noteMention(first, { ...called, seq: 7 }, 'me')
    expect(both).toEqual({ count: 2, seq: 5 })
    expect(readUpTo(both, 4)).toEqual(both)
    expect(readUpTo(both, 5)).toBeNull()
  })
})

describe('the list of conversations', () => {
  const base = { my: { pinned_at: null, muted: false, marked_unread: false, draft: null }, last_message: null }
  const at = (id: string, updated_at: string, pinned_at: string | null = null) =>
    ({ ...base, id, updated_at, my: { ...base.my, pinned_at } }) as unknown as Conversation

  test('has the pinned ones first, the newest pin foremost, then the latest', () => {
    const list = [at('a', '3'), at('b', '1', '1'), at('c', '5'), at('d', '2', '2')]
    expect(list.sort(byAttention).map(({ id }) => id)).toEqual(['d', 'b', 'c', 'a'])
  })
})

describe('the menu of a message', () => {
  const settings = { recall_within: 120, edit_within: 3_600, reactions: [] }
  const group = { kind: 'group', may_post: true, may_manage: false } as Conversation
  const sent = Date.parse(message(1).created_at)
  const of = (part: Partial<Message>, conversation: Conversation, me: string, seconds: number) =>
    menuItems(message(1, part), conversation, me, settings, sent + seconds * 1_000)

  test('offers edit and recall to the sender, each for its time', () => {
    expect(of({}, group, 'o1', 60)).toEqual(expect.arrayContaining(['edit', 'recall', 'readers']))
    expect(of({}, group, 'o1', 600)).toContain('edit')
    expect(of({}, group, 'o1', 600)).not.toContain('recall')
    expect(of({}, group, 'o1', 4_000)).not.toContain('edit')
  })

  test('lets managers recall and pin what others sent, and nobody else', () => {
    expect(of({}, group, 'me', 600)).not.toContain('recall')
    expect(of({}, group, 'me', 600)).not.toContain('pin')
    const managed = { ...group, may_manage: true }
    expect(of({}, managed, 'me', 600)).toEqual(expect.arrayContaining(['recall', 'pin']))
    expect(of({}, managed, 'me', 600)).not.toContain('edit')
    expect(of({}, { ...group, kind: 'direct' }, 'me', 600)).toContain('pin')
  })

  test('has nothing for what was recalled or said by the group itself', () => {
    expect(of({ recalled_at: 'x', text: null }, group, 'o1', 1)).toEqual([])
    expect(of({ kind: 'notice' }, group, 'o1', 1)).toEqual([])
  })

  test('shows the way back for what is pinned and saved', () => {
    const items = of({ pinned: true, favourite: true }, { ...group, may_manage: true }, 'me', 1)
    expect(items).toEqual(expect.arrayContaining(['unpin', 'unfavourite']))
    expect(items).not.toContain('pin')
  })
})
