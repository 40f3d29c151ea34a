import { beforeEach, describe, expect, test, vi } from 'vitest'
import { effectScope, reactive, ref, type EffectScope } from 'vue'
import { useRollup } from './rollup'

const { bus, api } = vi.hoisted(() => ({
  bus: new Map<string, (data: object) => void>(),
  api: { rollup: vi.fn(), directive: vi.fn(async () => ({ id: '7' })), ancestors: vi.fn(async () => ({ items: [] })) },
}))
const connection = reactive({ connected: true, send: vi.fn(), ask: vi.fn() })
vi.mock('@/realtime/connection', () => ({
  useConnection: () => connection,
  onPushed: (name: string, handler: (data: object) => void) => {
    const before = bus.get(name)
    bus.set(name, (data) => (before?.(data), handler(data)))
    return () => undefined
  },
}))
vi.mock('@/features/signin/session', () => ({ useSession: () => ({ me: null }) }))
vi.mock('@/api', () => ({ tasks: api, orgtree: api, asProblem: (error: unknown) => error }))
vi.mock('@/api/client', () => ({ isCancelled: () => false }))

const PROVINCE = { directive_id: '7', unit_id: '33' }
let scope: EffectScope

/** The roll-up of the province, opened; the server has us in its room. */
async function shown(): Promise<void> {
  scope = effectScope()
  scope.run(() => useRollup('7', ref(null)))
  await settled()
}

/** All that was to come of what happened has come; how often was the server asked to tell of the sums, and for the sums? */
async function settled(): Promise<{ watched: number; fetched: number }> {
  await vi.advanceTimersByTimeAsync(1_000)
  const counts = { watched: connection.ask.mock.calls.length, fetched: api.rollup.mock.calls.length }
  connection.ask.mockClear()
  api.rollup.mockClear()
  return counts
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { hidden: false })
  bus.clear()
  connection.connected = true
  api.rollup.mockImplementation(async () => ({ unit: { id: '33' } }))
  connection.ask.mockImplementation((_name: string, _data: object, answered: () => void) => answered())
  return () => scope.stop()
})

describe('a roll-up', () => {
  test('moves when the sums of its unit do', async () => {
    await shown()
    bus.get('rollup.updated')?.({ directive_id: '7', unit_ids: ['33', '3310'] })
    expect(await settled()).toEqual({ watched: 0, fetched: 1 })
    bus.get('rollup.updated')?.({ directive_id: '7', unit_ids: ['3310'] })
    expect(await settled()).toEqual({ watched: 0, fetched: 0 })
  })

  test('is watched again when the server forgot what it was asked to tell of', async () => {
    await shown()
    for (const rights of [true, undefined]) {
      bus.get('rooms.resync')?.({ rights })
      expect(connection.ask).toHaveBeenLastCalledWith('watch', PROVINCE, expect.anything())
      expect(await settled()).toEqual({ watched: 1, fetched: 1 })
    }
  })

  test('is watched again over a new connection, and fetched for what was pushed meanwhile', async () => {
    await shown()
    connection.connected = false
    expect(await settled()).toEqual({ watched: 0, fetched: 0 })
    connection.connected = true
    expect(await settled()).toEqual({ watched: 1, fetched: 1 })
  })

  test('is watched also where its first fetch was given up for another', async () => {
    api.rollup.mockImplementationOnce(
      (_id: string, _unit: null, signal: AbortSignal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    )
    await shown()
    bus.get('directive.ended')?.({ directive_id: '7' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(connection.ask).toHaveBeenCalledExactlyOnceWith('watch', PROVINCE, expect.anything())
    expect(api.ancestors).toHaveBeenCalledWith('33')
  })

  test('that could not be opened offline is watched as soon as it is there', async () => {
    connection.connected = false
    api.rollup.mockRejectedValueOnce(new Error('offline'))
    await shown()
    connection.connected = true
    await settled()
    bus.get('rollup.updated')?.({ directive_id: '7', unit_ids: ['33'] })
    expect(connection.ask.mock.calls.length + (await settled()).fetched).toBe(1)
  })
})
