import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { useSession } from '@/features/signin/session'
import type { EventName } from '@/realtime/events'
import { followRights } from './rights'

const bus = vi.hoisted(() => new Map<string, (data: object) => void>())
vi.mock('@/realtime/connection', () => ({
  onPushed: (name: string, handler: (data: object) => void) => {
    bus.set(name, handler)
    return () => bus.delete(name)
  },
}))

const calls: string[] = []
let ends: (() => void)[] = []

/** Signed in at the first post; whoever asks again finds the second. */
function signedIn(post: string, later: string): void {
  const session = useSession()
  session.me = { post: { id: post } } as never
  session.load = async () => {
    calls.push('me')
    session.me = { post: { id: later } } as never
  }
  ends = followRights(() => calls.push('pull'), () => calls.push('restart'))
}

async function hear(name: EventName, data: object = {}): Promise<string[]> {
  bus.get(name)?.(data)
  await vi.advanceTimersByTimeAsync(2_000)
  return calls.splice(0)
}

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  calls.length = 0
})

describe('a change of', () => {
  test.each(['posts.changed', 'unit.changed'] as const)('%s has everything pulled, and once more when all know', async (name) => {
    signedIn('p1', 'p1')
    expect(await hear(name)).toEqual(['me', 'pull'])
    await vi.advanceTimersByTimeAsync(4_000)
    expect(calls).toEqual(['pull'])
  })

  test('the post one acts in begins anew', async () => {
    signedIn('p1', 'p2')
    expect(await hear('posts.changed')).toEqual(['me', 'restart'])
  })

  test('rights asks who one is, and mere silence does not', async () => {
    signedIn('p1', 'p1')
    expect(await hear('rooms.resync')).toEqual(['pull'])
    expect(await hear('rooms.resync', { rights: true })).toEqual(['me', 'pull'])
  })

  test('nothing is followed after the end', async () => {
    signedIn('p1', 'p1')
    bus.get('posts.changed')?.({})
    for (const end of ends) end()
    await vi.advanceTimersByTimeAsync(9_000)
    expect(calls).toEqual([])
  })
})
