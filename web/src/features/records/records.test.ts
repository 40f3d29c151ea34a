import { expect, test } from 'vitest'
import type { Export, RuleBody, Trial } from '@/api/records'
import type { Message } from '@/api/types'
import { withRemoval } from '@/features/messages/sequence'
import { isUnderWay, percentOf } from './progress'
import { tryOut, type Tried } from './trial'

const RULE: RuleBody = {
  name: '期限',
  conversation_kinds: [],
  message_kinds: [],
  audience: null,
  keep_days: 30,
}
const PARTS: Trial[] = [
  { messages: 3, files: 1, held: 0, looked_at: 0.4, next: 'a' },
  { messages: 0, files: 0, held: 2, looked_at: 0.8, next: 'b' },
  { messages: 4, files: 0, held: 0, looked_at: 1, next: null },
]

function answering() {
  const asked: (string | null)[] = []
  const ask = (body: { cursor: string | null }) => {
    asked.push(body.cursor)
    return Promise.resolve(PARTS[asked.length - 1] as Trial)
  }
  return { asked, ask }
}

test('a trial adds up its parts and tells after each', async () => {
  const told: Tried[] = []
  const { asked, ask } = answering()
  await tryOut(RULE, null, (so) => told.push(so), () => false, ask)
  expect(asked).toEqual([null, 'a', 'b'])
  expect(told.map(({ looked_at }) => looked_at)).toEqual([0.4, 0.8, 1])
  expect(told.at(-1)).toEqual({ messages: 7, files: 1, held: 2, looked_at: 1 })
})

test('a trial of what was changed meanwhile stops and tells nothing', async () => {
  const told: Tried[] = []
  const { asked, ask } = answering()
  await tryOut(RULE, null, (so) => told.push(so), () => asked.length > 1, ask)
  expect(asked).toHaveLength(2)
  expect(told).toHaveLength(1)
})

test('an export is complete only when it is ready', () => {
  const one = (state: Export['state'], done: number, total: number) => ({ state, done, total }) as Export
  expect(percentOf(one('running', 10, 10))).toBe(99)
  expect(percentOf(one('waiting', 0, 0))).toBe(0)
  expect(percentOf(one('ready', 0, 0))).toBe(100)
  expect(isUnderWay(one('failed', 1, 2))).toBe(false)
})

test('removed messages keep their places, and quotes of them lose their words', () => {
  const said = [1, 2, 3].map((seq) => ({
    seq,
    text: `第 ${seq} 条`,
    reply_to: seq === 3 ? { seq: 1, sender_name: '甲', kind: 'text', text: '第 1 条' } : null,
    reactions: [{ key: 'ok', count: 1, mine: true }],
    pinned: true,
  })) as unknown as Message[]
  const [first, second, third] = withRemoval(said, { seqs: [1], removed_at: '2026-11-24T00:00:00Z' })
  expect(first).toMatchObject({ seq: 1, text: null, pinned: false, reactions: [], removed_at: '2026-11-24T00:00:00Z' })
  expect(second).toBe(said[1])
  expect(third).toMatchObject({ text: '第 3 条', reply_to: { seq: 1, text: null } })
})
