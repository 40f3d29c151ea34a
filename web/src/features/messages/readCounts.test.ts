import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { nextTick, ref } from 'vue'
import { useReadCounts } from './readCounts'

const attentive = ref(true)
const readers = vi.fn<(conversation: string, seq: number) => Promise<{ read: number; unread: number }>>()
vi.mock('@/lib/attention', () => ({ useAttention: () => attentive }))
vi.mock('@/api', () => ({ messaging: { readers: (conversation: string, seq: number) => readers(conversation, seq) } }))

const GROUP = { id: 'group', members: 3 }
const CHANNEL = { id: 'channel', members: null }

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  attentive.value = true
  readers.mockReset().mockResolvedValue({ read: 1, unread: 9 })
})
afterEach(() => {
  useReadCounts().reset()
  vi.useRealTimers()
})

const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const asked = () => readers.mock.calls.length

test('where receipts are pushed it is asked again after one, and of what it may have changed alone', async () => {
  const counts = useReadCounts()
  for (const seq of [1, 5]) counts.show(GROUP, seq)
  await wait(60_000)
  expect(asked()).toBe(2)
  counts.noteReceipt('group', 3)
  await wait(1_000)
  expect(readers.mock.calls.slice(2)).toEqual([['group', 1]])
})

test('where none are pushed it is asked again while somebody looks, ever more seldom', async () => {
  const counts = useReadCounts()
  counts.show(CHANNEL, 1)
  await wait(1_000)
  expect(asked()).toBe(1)
  // After 3 s, 6 s more and 12 s more.
  for (const [ms, times] of [[2_500, 2], [6_000, 3], [11_000, 3], [1_000, 4]] as const) {
    await wait(ms)
    expect(asked()).toBe(times)
  }
  attentive.value = false
  await nextTick()
  await wait(3_600_000)
  expect(asked()).toBe(4)
  attentive.value = true
  await nextTick()
  await wait(3_500)
  expect(asked()).toBe(5)
})

test('it is not asked of what everybody has read, nor of what is on the screen no more', async () => {
  const counts = useReadCounts()
  counts.show(CHANNEL, 1)
  counts.show(CHANNEL, 2)
  await wait(1_000)
  counts.learn('channel', 1, { read: 10, unread: 0 })
  counts.hide('channel', 2)
  await wait(3_600_000)
  expect(asked()).toBe(2)
  expect(counts.of('channel', 1)).toEqual({ read: 10, unread: 0 })
})
