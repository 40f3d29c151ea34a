import { createPinia, setActivePinia } from 'pinia'
import { expect, test, vi } from 'vitest'
import { effectScope } from 'vue'
import { tasks } from '@/api'
import type { Assignment } from '@/api/types'
import { useAssignmentDetail } from './assignmentDetail'

vi.mock('@/api', async (original) => {
  const real = await original<typeof import('@/api')>()
  return { ...real, tasks: { ...real.tasks, assignment: vi.fn(), sendReceipts: vi.fn() } }
})

const standing = (state: string) => ({ id: 'a1', state, directive: { id: 'd1' } }) as Assignment

test('what was read before an action does not take its answer back', async () => {
  setActivePinia(createPinia())
  let arrive: (value: Assignment) => void = () => undefined
  vi.mocked(tasks.assignment).mockReturnValueOnce(new Promise((resolve) => (arrive = resolve)))
  vi.mocked(tasks.assignment).mockResolvedValue(standing('acknowledged'))
  vi.mocked(tasks.sendReceipts).mockResolvedValue({ items: [] })
  const scope = effectScope()
  const seen: (string | undefined)[] = []
  await scope.run(async () => {
    const { open, adopt, data } = useAssignmentDetail('a1')
    const opened = open()
    adopt(standing('acknowledged'))
    arrive(standing('delivered'))
    await opened
    seen.push(data.value?.state)
  })
  scope.stop()
  expect(seen).toEqual(['acknowledged'])
})
