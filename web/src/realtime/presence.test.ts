import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { effectScope, nextTick, shallowRef } from 'vue'
import { useConnection } from './connection'
import { useOnline } from './presence'

let asked: string[][] = []

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  const connection = useConnection()
  connection.connected = true
  asked = []
  connection.ask = ((_event: string, { official_ids }: { official_ids: string[] }, answered: (answer: unknown) => void) => {
    asked.push(official_ids)
    answered({ items: official_ids.map((official_id) => ({ official_id, online: official_id !== 'away' })) })
  }) as never
})

/** Somewhere on screen that shows these people, until it ends. */
function place(ids: string[]) {
  const scope = effectScope()
  const shown = shallowRef(ids)
  const online = scope.run(() => useOnline(() => shown.value))
  return { shown, online: (id: string) => online?.(id), end: () => scope.stop() }
}

const settle = async () => {
  await nextTick()
  vi.advanceTimersByTime(100)
}

describe('people on screen', () => {
  test('are asked for together, and none of them ends what another place shows', async () => {
    const [chat, list] = [place(['a']), place(['a', 'away'])]
    await settle()
    expect(asked).toEqual([['a', 'away']])
    expect([chat.online('a'), list.online('away'), list.online('stranger')]).toEqual([true, false, null])
    list.end()
    await settle()
    expect([asked.at(-1), chat.online('a')]).toEqual([['a'], true])
    chat.end()
    await settle()
    expect(asked.at(-1)).toEqual([])
  })

  test('change with what is shown, and are a hundred at most', async () => {
    const chat = place(['a'])
    await settle()
    chat.shown.value = Array.from({ length: 120 }, (_, n) => `o${n}`)
    await settle()
    expect(asked.at(-1)).toHaveLength(100)
    expect(chat.online('a')).toBeNull()
  })

  test('are watched if they were shown last, and nobody knows of the others any more', async () => {
    const crowd = Array.from({ length: 100 }, (_, n) => `o${n}`)
    const list = place(crowd)
    await settle()
    expect(list.online('o1')).toBe(true)
    // Opened anew: first in the list, and shown last.
    place(['new', 'o0'])
    await settle()
    expect(asked.at(-1)).not.toContain('o1')
    expect([list.online('o0'), list.online('new'), list.online('o1')]).toEqual([true, true, null])
  })
})
