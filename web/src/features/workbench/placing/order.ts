import type { Audience, DescribedAudience, PlacedApp } from '@/api/types'

/** As many as the server takes for one audience. */
export const MOST_PLACED = 60

/** One app a step up (-1) or down (1); at the end of the list it stays where it is. */
export function moved(items: readonly PlacedApp[], from: number, step: -1 | 1): PlacedApp[] {
  const to = from + step
  const next = [...items]
  if (to < 0 || to >= items.length) return next
  next.splice(to, 0, ...next.splice(from, 1))
  return next
}

/** Whether two orders put the same on a workbench. */
export function sameOrder(one: readonly PlacedApp[], other: readonly PlacedApp[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ miniapp_id, fixed }, at) => miniapp_id === other[at]?.miniapp_id && fixed === other[at]?.fixed)
  )
}

export function keyOf({ unit_id, levels, line, role }: Audience | DescribedAudience): string {
  return JSON.stringify([unit_id, levels?.length ? levels : null, line ?? null, role ?? null])
}
