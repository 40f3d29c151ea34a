import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { messaging } from '@/api'
import { ApiProblem } from '@/api/problem'
import type { Conversation, SyncAnswer } from '@/api/types'
import { useConversations } from './conversations'
import { useHistory } from './history'
import { conversation, message } from './sample'
import { useSync } from './sync'

vi.mock('@/api', async (original) => {
  const real = await original<typeof import('@/api')>()
  const asked = ['sync', 'conversation', 'messagesBefore', 'messagesAfter'] as const
  return { ...real, messaging: { ...real.messaging, ...Object.fromEntries(asked.map((name) => [name, vi.fn()])) } }
})

const asks = vi.mocked(messaging)

/** What the server answers when it has so many conversations, in pages of two, after a first time. */
function pages(ids: string[], complete: boolean, cursor = 'caught up'): SyncAnswer[] {
  const count = Math.max(1, Math.ceil(ids.length / 2))
  return Array.from({ length: count }, (_, n) => ({
    cursor,
    complete,
    conversations: ids.slice(n * 2, n * 2 + 2).map((id) => conversation(id)),
    left: [],
    changed: [],
    assignments: { open: 0, overdue: 0, exercise: { open: 0, overdue: 0 } },
    dings: { unconfirmed: 0 },
    next: n + 1 < count ? `page ${n + 2}` : null,
  }))
}

function answers(...list: (SyncAnswer | Error)[]): void {
  for (const each of list) {
    if (each instanceof Error) asks.sync.mockRejectedValueOnce(each)
    else asks.sync.mockResolvedValueOnce(each)
  }
}

/** An answer that is on its way until it is let through. */
function late<T>(): [Promise<T>, (value: T) => void] {
  let arrive: (value: T) => void = () => undefined
  return [new Promise<T>((resolve) => (arrive = resolve)), (value) => arrive(value)]
}

const FIVE = ['a', 'b', 'c', 'd', 'e']
const lost = new Error('a request was lost')
const known = () => [...useConversations().byId.keys()].sort()

beforeEach(() => {
  vi.useFakeTimers()
  vi.resetAllMocks()
  setActivePinia(createPinia())
})

describe('catching up', () => {
  test('keeps every page of a first time', async () => {
    answers(...pages(FIVE, true))
    await useSync().run()
    expect(known()).toEqual(FIVE)
  })

  test('that starts afresh forgets what is on no page, and what it opened before', async () => {
    answers(...pages([...FIVE, 'gone'], true), ...pages(FIVE, true))
    await useSync().run()
    useHistory().of('a')
    await useSync().run()
    expect([known(), useHistory().openedIds()]).toEqual([FIVE, []])
  })

  test('that starts afresh keeps what somebody made meanwhile', async () => {
    const [page, arrive] = late<SyncAnswer>()
    asks.sync.mockReturnValueOnce(page)
    asks.conversation.mockResolvedValueOnce(conversation('made'))
    const done = useSync().run()
    await useConversations().refetch('made')
    for (const each of pages(['a'], true)) arrive(each)
    await done
    expect(known()).toEqual(['a', 'made'])
  })

  test('goes on from where it began when a page was lost', async () => {
    answers(...pages(['a'], true))
    await useSync().run()
    answers(...pages(FIVE, false, 'further').slice(0, 1), lost)
    await useSync().run()
    answers(...pages(FIVE, false, 'further'))
    await vi.runOnlyPendingTimersAsync()
    expect(asks.sync.mock.calls.map(([cursor]) => cursor)).toEqual([
      null, 'caught up', 'page 2', 'caught up', 'page 2', 'page 3',
    ])
    expect(known()).toEqual(FIVE)
  })

  test('begins anew with a cursor that the server does not take', async () => {
    answers(...pages(['a'], true), new ApiProblem(422, 'invalid', ''), ...pages(FIVE, true))
    await useSync().run()
    await useSync().run()
    await vi.runOnlyPendingTimersAsync()
    expect([asks.sync.mock.calls[2], known()]).toEqual([[null], FIVE])
  })
})

describe('an answer that comes late', () => {
  const read = (last: number, part: Partial<Conversation> = {}) =>
    conversation('c1', { last_seq: last, last_message: message(last), read_seq: 1, unread: last - 1, ...part })

  /** Known as `read(2)`; then, while somebody asks again, something is heard. */
  async function whileAsking(told: Conversation, act: () => void): Promise<Conversation | undefined> {
    const conversations = useConversations()
    conversations.upsert([read(2)])
    const [answer, arrive] = late<Conversation>()
    asks.conversation.mockReturnValueOnce(answer)
    const asked = conversations.refetch('c1')
    act()
    arrive(told)
    await asked
    return conversations.byId.get('c1')
  }

  test('takes no message back', async () => {
    const heard = message(3, { mentions_me: true })
    const found = await whileAsking(read(2, { name: 'renamed' }), () => useConversations().noteMessage(heard, 3))
    expect(found).toMatchObject({ last_seq: 3, last_message: heard, unread: 2, name: 'renamed' })
    expect(found?.mentioned).toEqual({ count: 1, seq: 3 })
  })

  test('brings no recalled words back', async () => {
    const recall = { seq: 2, recalled_at: '2019-08-09T05:00:00Z' }
    const found = await whileAsking(read(2), () => useConversations().noteRecall('c1', recall))
    expect(found?.last_message?.text).toBeNull()
  })

  test('brings its own last message all the same', async () => {
    const recall = { seq: 1, recalled_at: '2019-08-09T05:00:00Z' }
    const found = await whileAsking(read(3), () => useConversations().noteRecall('c1', recall))
    expect(found).toMatchObject({ last_seq: 3, unread: 2, last_message: { text: 'text 3' } })
  })

  test('unmutes nothing', async () => {
    const my = { pinned_at: null, muted: true, marked_unread: false, draft: null }
    const found = await whileAsking(read(2), () => useConversations().noteMine('c1', my))
    expect(found?.my.muted).toBe(true)
  })

  test('marks nothing unread that was read', async () => {
    const found = await whileAsking(read(2), () => useConversations().noteRead('c1', 2))
    expect(found).toMatchObject({ read_seq: 2, unread: 0 })
  })

  test('brings no conversation back that one was put out of', async () => {
    expect(await whileAsking(read(2), () => useConversations().remove('c1'))).toBeUndefined()
  })

  test('undoes no later answer', async () => {
    asks.conversation.mockResolvedValueOnce(read(2, { name: 'renamed' }))
    const conversations = useConversations()
    conversations.upsert([read(2)])
    const [answer, arrive] = late<Conversation>()
    asks.conversation.mockReset().mockReturnValueOnce(answer).mockResolvedValueOnce(read(2, { name: 'renamed' }))
    const first = conversations.refetch('c1')
    await conversations.refetch('c1')
    arrive(read(2, { name: 'former' }))
    await first
    expect(conversations.byId.get('c1')?.name).toBe('renamed')
  })

  test('is nothing to whoever came after', async () => {
    const found = await whileAsking(read(2), () => useConversations().reset())
    expect(found).toBeUndefined()
  })

  test('of a page carries what was recalled meanwhile', async () => {
    const history = useHistory()
    const [answer, arrive] = late<{ items: ReturnType<typeof message>[]; next: null }>()
    asks.messagesBefore.mockReturnValueOnce(answer)
    const opened = history.open('c1', 2)
    history.change('c1', (messages) => messages.map((each) => ({ ...each, text: null })))
    arrive({ items: [message(1), message(2)], next: null })
    await opened
    expect(history.of('c1').messages.map(({ text }) => text)).toEqual([null, null])
  })
})
