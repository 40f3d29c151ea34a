import type { Review, Shot } from '@/api/review'

export type Counts = Record<Review['counts'][number], number>

/** What was so in a frame: the last shot at or before it, and nothing before the first. */
export function countsAt(names: Review['counts'], shots: Shot[], frame: number): Counts {
  let [low, high] = [0, shots.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((shots[middle]?.frame ?? 0) <= frame) low = middle + 1
    else high = middle
  }
  const counts = shots[low - 1]?.counts ?? []
  return Object.fromEntries(names.map((name, index) => [name, counts[index] ?? 0])) as Counts
}

/** The moment of a frame; the last one is the end, not a step beyond it. */
export function momentOf(review: Pick<Review, 'start' | 'end' | 'step_seconds'>, frame: number): number {
  return Math.min(Date.parse(review.start) + frame * review.step_seconds * 1_000, Date.parse(review.end))
}
