import { expect, test, vi } from 'vitest'
import { miniapps } from '@/api'
import type { DescribedAudience } from '@/api/types'
import { usePlacements } from './placements'

vi.mock('@/api', async (original) => {
  const real = await original<typeof import('@/api')>()
  return { ...real, miniapps: { ...real.miniapps, placements: vi.fn() } }
})

test('an audience that is chosen before the list is here is in the list', async () => {
  vi.mocked(miniapps.placements).mockImplementation(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    return { items: [], next: null }
  })
  const { listed, begin } = usePlacements('u1')
  const chosen = { unit_id: 'u1', levels: [4], line: null, role: null } as unknown as DescribedAudience
  await begin(chosen)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(listed.data.value?.map(({ audience }) => audience)).toEqual([chosen])
})
