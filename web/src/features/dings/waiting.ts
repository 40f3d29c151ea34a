import type { Ding, MyAnswer } from '@/api/dings'

/** What waits for my confirmation: the newest of them, and how many more the server counts beyond them. */
export interface Waiting {
  items: Ding[]
  beyond: number
}

export const NOTHING: Waiting = { items: [], beyond: 0 }
const UNANSWERED: MyAnswer = { delivered_at: null, read_at: null, confirmed_at: null, late: false }

export function waits(ding: Ding): boolean {
  return ding.state === 'open' && ding.my !== null && ding.my.confirmed_at === null
}

/** A pushed DING is the same for everybody; to somebody addressed it is unanswered until they know better. */
export function asMine(ding: Ding, known: MyAnswer | null = null): Ding {
  return { ...ding, my: ding.my ?? known ?? UNANSWERED }
}

export function withDing(waiting: Waiting, ding: Ding): Waiting {
  if (!waits(ding)) return without(waiting, ding.id)
  const others = waiting.items.filter(({ id }) => id !== ding.id)
  const items = [...others, ding].sort((a, b) => b.created_at.localeCompare(a.created_at))
  return { ...waiting, items }
}

export function without(waiting: Waiting, id: string): Waiting {
  const items = waiting.items.filter((ding) => ding.id !== id)
  return items.length === waiting.items.length ? waiting : { ...waiting, items }
}

export function withMy(waiting: Waiting, id: string, my: MyAnswer): Waiting {
  if (my.confirmed_at) return without(waiting, id)
  return { ...waiting, items: waiting.items.map((ding) => (ding.id === id ? { ...ding, my } : ding)) }
}

export function withCount(waiting: Waiting, count: number): Waiting {
  return { ...waiting, beyond: Math.max(0, count - waiting.items.length) }
}
