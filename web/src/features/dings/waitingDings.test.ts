import { createPinia, setActivePinia } from 'pinia'
import { expect, test, vi } from 'vitest'
import { dings as api } from '@/api'
import type { Ding } from '@/api/dings'
import { useDings } from './dings'

vi.mock('@/api', async (original) => {
  const real = await original<typeof import('@/api')>()
  return { ...real, dings: { ...real.dings, received: vi.fn(), tell: vi.fn() } }
})

const answer = { delivered_at: null, read_at: null, confirmed_at: null, late: false }
const ding = (id: string): Ding =>
  ({ id, sender: { id: 's' }, state: 'open', created_at: `2019-08-09T00:00:0${id}Z`, my: answer }) as Ding

test('what is pushed while the list is on its way is not lost with its answer', async () => {
  setActivePinia(createPinia())
  vi.mocked(api.tell).mockResolvedValue({ items: [] })
  let arrive: (items: Ding[]) => void = () => undefined
  const asked = new Promise<Ding[]>((resolve) => (arrive = resolve))
  vi.mocked(api.received).mockReturnValueOnce(asked.then((items) => ({ items, next: null })))
  const waiting = useDings()
  const refreshed = waiting.refresh()
  waiting.receive(ding('3'))
  waiting.noteAnswer({ id: '2', my: { ...answer, confirmed_at: 'x' } })
  // Read before either of them happened.
  arrive([ding('2'), ding('1')])
  await refreshed
  expect(waiting.urgent.map(({ id }) => id)).toEqual(['3', '1'])
})
