import { afterEach, describe, expect, test, vi } from 'vitest'
import { ApiProblem, unreachable } from '@/api/problem'
import { OutboxQueue, type OutboxEntry } from './queue'
import { localOutbox } from './storage'

class MemoryStorage implements Storage {
  private readonly map = new Map<string, string>()
  get length() {
    return this.map.size
  }
  key = (index: number) => [...this.map.keys()][index] ?? null
  getItem = (key: string) => this.map.get(key) ?? null
  setItem = (key: string, value: string) => void this.map.set(key, value)
  removeItem = (key: string) => void this.map.delete(key)
  clear = () => this.map.clear()
}

function entry(clientId: string, target = 'c1', created_at = `2019-08-09T12:00:0${clientId}Z`) {
  return { client_id: clientId, kind: 'message' as const, target, body: { text: clientId }, created_at }
}

function setUp(deliver: (entry: OutboxEntry) => Promise<void>, memory = new MemoryStorage()) {
  let shown: OutboxEntry[] = []
  const queue = new OutboxQueue({
    storage: localOutbox('a1', memory),
    deliver,
    changed: (entries) => (shown = entries),
    retryAfterMs: 1_000,
  })
  return { queue, memory, shown: () => shown.map(({ client_id, state }) => `${client_id}:${state}`) }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0))

afterEach(() => void vi.useRealTimers())

describe('the outbox', () => {
  test('keeps an entry until it is acknowledged', async () => {
    let acknowledge: () => void = () => undefined
    const { queue, memory, shown } = setUp(() => new Promise((resolve) => (acknowledge = resolve)))
    queue.add(entry('1'))
    expect(shown()).toEqual(['1:sending'])
    expect(memory.length).toBe(1)
    acknowledge()
    await settle()
    expect(shown()).toEqual([])
    expect(memory.length).toBe(0)
  })

  test('sends what an earlier page left behind, in the order it was written, under the same client_id', async () => {
    const memory = new MemoryStorage()
    const before = setUp(() => Promise.reject(unreachable()), memory)
    before.queue.add(entry('2'))
    before.queue.add(entry('1'))
    await settle()
    before.queue.stop()

    const sent: string[] = []
    const after = setUp(async ({ client_id }) => void sent.push(client_id), memory)
    expect(after.shown()).toEqual(['1:waiting', '2:waiting'])
    await after.queue.flush()
    expect(sent).toEqual(['1', '2'])
  })

  test('an entry that was being sent when the page closed is sent again', () => {
    const memory = new MemoryStorage()
    setUp(() => new Promise(() => undefined), memory).queue.add(entry('1'))
    expect(setUp(() => Promise.resolve(), memory).shown()).toEqual(['1:waiting'])
  })

  test('a later entry never overtakes one that waits for the network', async () => {
    const tried: string[] = []
    let online = false
    const { queue, shown } = setUp(async ({ client_id }) => {
      tried.push(client_id)
      if (!online) throw unreachable()
    })
    queue.add(entry('1'))
    await settle()
    queue.add(entry('2'))
    await settle()
    expect(tried).toEqual(['1', '1'])
    expect(shown()).toEqual(['1:waiting', '2:waiting'])
    online = true
    await queue.flush()
    expect(tried).toEqual(['1', '1', '1', '2'])
    queue.stop()
  })

  test('one target that waits does not hold up another', async () => {
    const { queue, shown } = setUp(async ({ target }) => {
      if (target === 'c1') throw unreachable()
    })
    queue.add(entry('1', 'c1'))
    queue.add(entry('2', 'c2'))
    await settle()
    expect(shown()).toEqual(['1:waiting'])
    queue.stop()
  })

  test('a refusal marks the entry failed and lets the next one go', async () => {
    const { queue, shown } = setUp(async ({ client_id }) => {
      if (client_id === '1') throw new ApiProblem(422, 'validation_failed', '')
    })
    queue.add(entry('1'))
    queue.add(entry('2'))
    await settle()
    expect(shown()).toEqual(['1:failed'])
  })

  test('a failed entry is sent again only by hand', async () => {
    let refuse = true
    const { queue, shown } = setUp(async () => {
      if (refuse) throw new ApiProblem(404, 'not_found', '')
    })
    queue.add(entry('1'))
    await settle()
    refuse = false
    await queue.flush()
    expect(shown()).toEqual(['1:failed'])
    queue.resend('1')
    await settle()
    expect(shown()).toEqual([])
  })

  test('a refused entry is sent again with what its author adds, under the same client_id', async () => {
    const sent: unknown[] = []
    const { queue, shown } = setUp(async ({ client_id, body }) => {
      sent.push([client_id, body])
      if (sent.length === 1) throw new ApiProblem(409, 'explanation_needed', '')
    })
    queue.add(entry('1'))
    await settle()
    expect(shown()).toEqual(['1:failed'])
    queue.amend('1', { text: '1', explanation: 'x' })
    await settle()
    expect(sent).toEqual([
      ['1', { text: '1' }],
      ['1', { text: '1', explanation: 'x' }],
    ])
    expect(shown()).toEqual([])
  })

  test('a server error is tried again after a pause', async () => {
    vi.useFakeTimers()
    let failures = 1
    const { queue, shown } = setUp(async () => {
      if (failures-- > 0) throw new ApiProblem(500, 'internal_error', '')
    })
    queue.add(entry('1'))
    await vi.advanceTimersByTimeAsync(0)
    expect(shown()).toEqual(['1:waiting'])
    await vi.advanceTimersByTimeAsync(1_000)
    expect(shown()).toEqual([])
  })

  test('an entry acknowledged by a pushed event is not brought back by the failure of its request', async () => {
    let fail: (reason: unknown) => void = () => undefined
    const { queue, shown } = setUp(() => new Promise((_, reject) => (fail = reject)))
    queue.add(entry('1'))
    queue.drop('1')
    fail(unreachable())
    await settle()
    expect(shown()).toEqual([])
  })

  test('another official on the same machine neither sees nor sends it', () => {
    const { memory, queue } = setUp(() => new Promise(() => undefined))
    queue.add(entry('1'))
    expect(localOutbox('a2', memory).load()).toEqual([])
    expect(localOutbox('a1', memory).load()).toHaveLength(1)
  })
})
