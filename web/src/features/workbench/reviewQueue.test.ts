import { expect, test, vi } from 'vitest'
import { miniapps } from '@/api'
import type { MiniApp } from '@/api/types'
import { useReviewQueue } from './reviewQueue'

vi.mock('@/api', async (original) => ({ ...(await original<object>()), miniapps: { miniApps: vi.fn(), miniApp: vi.fn() } }))

test('what waits is shown whole, whatever was registered after it', async () => {
  const apps = Array.from({ length: 450 }, (_, n) => ({ id: String(n) }) as MiniApp)
  vi.mocked(miniapps.miniApps).mockImplementation(({ state, cursor } = {}) => {
    const start = Number(cursor ?? 0)
    const found = state === 'in_review' ? apps : []
    return Promise.resolve({ items: found.slice(start, start + 200), next: start + 200 < found.length ? String(start + 200) : null })
  })
  vi.mocked(miniapps.miniApp).mockImplementation((id) => Promise.resolve({ id, asks_anew: [] } as unknown as MiniApp))
  const { waiting, load } = useReviewQueue()
  await load()
  expect(waiting.data.value?.map(({ id }) => id)).toEqual(apps.map(({ id }) => id))
  expect(waiting.data.value?.every(({ asks_anew }) => asks_anew)).toBe(true)
})
