import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useConnection } from './connection'

const heard = new Map<string, (argument?: unknown) => void>()
const tries = new Map<string, () => void>()
const connect = vi.fn<() => void>()
const socket = {
  active: true,
  on: (name: string, listener: (argument?: unknown) => void) => heard.set(name, listener),
  io: { on: (name: string, listener: () => void) => tries.set(name, listener), off: () => undefined },
  removeAllListeners: () => heard.clear(),
  disconnect: () => socket,
  connect,
  emit: () => undefined,
}
vi.mock('socket.io-client', () => ({ io: () => socket }))

const tell = (name: string, argument?: unknown) => heard.get(name)?.(argument)

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  connect.mockReset()
  useConnection().open()
  tell('connect')
  tell('disconnect', 'transport close')
})
afterEach(() => {
  useConnection().close()
  vi.useRealTimers()
})

test('what gets through brings a socket back that waits for its turn', () => {
  useConnection().noteReached()
  expect(connect).toHaveBeenCalledOnce()
})

test('an attempt that has just begun is left to succeed, and then followed by another', () => {
  tries.get('reconnect_attempt')?.()
  useConnection().noteReached()
  vi.advanceTimersByTime(1_900)
  expect(connect).not.toHaveBeenCalled()
  vi.advanceTimersByTime(200)
  expect(connect).toHaveBeenCalledOnce()
})

test('a socket that is there is left alone, whatever gets through', () => {
  tries.get('reconnect_attempt')?.()
  useConnection().noteReached()
  tell('connect')
  useConnection().noteReached()
  vi.advanceTimersByTime(10_000)
  expect(connect).not.toHaveBeenCalled()
})

test('the server closing it does not end it', () => {
  tell('connect')
  tell('disconnect', 'io server disconnect')
  vi.advanceTimersByTime(2_000)
  expect(connect).toHaveBeenCalledOnce()
})

test('a loss is told only once it lasts', () => {
  vi.advanceTimersByTime(1_100)
  expect(useConnection().offline).toBe(false)
  vi.advanceTimersByTime(200)
  expect(useConnection().offline).toBe(true)
  tell('connect')
  expect(useConnection().offline).toBe(false)
})
