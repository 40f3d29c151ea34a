import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { messaging } from '@/api'
import type { Message, Page } from '@/api/types'
import { useHistory } from './history'
import { message } from './sample'

vi.mock('@/api', async (original) => {
  const real = await original<typeof import('@/api')>()
  const asked = ['messagesBefore', 'messagesAfter'] as const
  return { ...real, messaging: { ...real.messaging, ...Object.fromEntries(asked.map((name) => [name, vi.fn()])) } }
})

const asks = vi.mocked(messaging)
const page = (...seqs: number[]): Page<Message> => ({ items: seqs.map((seq) => message(seq)), next: null })
const seqs = () => useHistory().of('c1').messages.map(({ seq }) => seq)

beforeEach(() => {
  vi.resetAllMocks()
  setActivePinia(createPinia())
})

test.each([
  ['is pushed', () => useHistory().receive(message(3))],
  ['a sync tells of', () => useHistory().of('c1').catchUp()],
])('what %s while the first page is on its way is shown when that is here', async (_, comes) => {
  let arrive: (value: Page<Message>) => void = () => undefined
  asks.messagesBefore.mockReturnValueOnce(new Promise((resolve) => (arrive = resolve)))
  asks.messagesAfter.mockResolvedValue(page(3))
  const opened = useHistory().open('c1', 2)
  await comes()
  arrive(page(1, 2))
  await opened
  expect(seqs()).toEqual([1, 2, 3])
  expect(asks.messagesAfter).toHaveBeenCalledExactlyOnceWith('c1', 2, expect.any(Number))
})

test('where nothing came meanwhile nothing more is asked for', async () => {
  asks.messagesBefore.mockResolvedValueOnce(page(1, 2))
  await useHistory().open('c1', 2)
  expect(seqs()).toEqual([1, 2])
  expect(asks.messagesAfter).not.toHaveBeenCalled()
})
