import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { effectScope, ref, watchEffect } from 'vue'
import { orgtree, tasks } from '@/api'
import type { Directive, Rollup } from '@/api/types'
import { useConnection } from '@/realtime/connection'
import { useRollup } from './rollup'

vi.mock('@/api', async (original) => {
  const real = await original<typeof import('@/api')>()
  return {
    ...real,
    tasks: { ...real.tasks, directive: vi.fn(), rollup: vi.fn() },
    orgtree: { ...real.orgtree, ancestors: vi.fn() },
  }
})

const WHERE = { directive_id: 'd1', unit_id: 'u1' }
const answer = { unit: { id: 'u1', name: '浙江省' } } as Rollup

/** An answer that does not come before its request is given up. */
function givenUp(signal?: AbortSignal): Promise<Rollup> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.resetAllMocks()
  setActivePinia(createPinia())
  vi.mocked(tasks.directive).mockResolvedValue({ id: 'd1' } as Directive)
  vi.mocked(orgtree.ancestors).mockResolvedValue({ items: [] } as never)
})

test('the unit is watched also where the socket was there before the first answer', async () => {
  vi.mocked(tasks.rollup).mockImplementationOnce((_id, _unit, signal) => givenUp(signal))
  vi.mocked(tasks.rollup).mockImplementation(async () => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    return answer
  })
  const connection = useConnection()
  const ask = (connection.ask = vi.fn() as never)
  const scope = effectScope()
  let shown: Rollup | null = null
  scope.run(() => {
    const { rollup } = useRollup('d1', ref(null))
    watchEffect(() => (shown = rollup.data.value))
  })
  connection.connected = true
  await vi.advanceTimersByTimeAsync(1_000)
  expect(shown).toEqual(answer)
  expect(ask).toHaveBeenCalledExactlyOnceWith('watch', WHERE, expect.any(Function))
  expect(orgtree.ancestors).toHaveBeenCalledExactlyOnceWith('u1')
  // And again when the connection was lost.
  connection.connected = false
  await vi.advanceTimersByTimeAsync(0)
  connection.connected = true
  await vi.advanceTimersByTimeAsync(1_000)
  expect(ask).toHaveBeenCalledTimes(2)
  scope.stop()
})
