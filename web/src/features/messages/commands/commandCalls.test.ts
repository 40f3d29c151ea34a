import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { CommandCall } from '@/api/commands'
import { useCommandCalls } from './commandCalls'

const ask = vi.fn<() => Promise<CommandCall>>()
const call = vi.fn<(id: string) => Promise<CommandCall>>()
vi.mock('@/api', () => ({ commands: { ask: () => ask(), call: (id: string) => call(id) } }))

const asked = (id: string, part: Partial<CommandCall> = {}) =>
  ({ id, conversation_id: 'c', app: { id: 'a' }, name: 'add', text: '', state: 'waiting', seq: null, ...part }) as CommandCall
const states = () => useCommandCalls().inConversation('c').map(({ id, state }) => `${id} ${state}`)

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  call.mockReset()
})
afterEach(() => {
  useCommandCalls().reset()
  vi.useRealTimers()
})

test('what waits is asked for again, whatever becomes of one look, until it is settled', async () => {
  const calls = useCommandCalls()
  ask.mockResolvedValueOnce(asked('1'))
  await calls.ask('c', 'a', 'add', '')
  call.mockRejectedValueOnce(new Error('no network')).mockResolvedValueOnce(asked('1', { state: 'failed' }))
  await vi.advanceTimersByTimeAsync(9_000)
  expect(states()).toEqual(['1 waiting'])
  await vi.advanceTimersByTimeAsync(9_000)
  expect(states()).toEqual(['1 failed'])
  await vi.advanceTimersByTimeAsync(60_000)
  expect(call).toHaveBeenCalledTimes(2)
})

test('what another device asked is not shown here, and what was put away stays away', async () => {
  const calls = useCommandCalls()
  calls.note(asked('9', { state: 'answered' }))
  ask.mockResolvedValueOnce(asked('1'))
  await calls.ask('c', 'a', 'add', '')
  calls.dismiss('1')
  calls.note(asked('1', { state: 'answered' }))
  expect(states()).toEqual([])
})

test('asking again takes the place of what failed', async () => {
  const calls = useCommandCalls()
  ask.mockResolvedValueOnce(asked('1', { state: 'failed' })).mockResolvedValueOnce(asked('2'))
  await calls.ask('c', 'a', 'add', '')
  await calls.again(asked('1', { state: 'failed' }))
  expect(states()).toEqual(['2 waiting'])
})
