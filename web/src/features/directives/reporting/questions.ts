import type { ByRisk, Casualties, FigureSpec, Question, Report } from '@/api/types'

interface Said {
  figures: Record<string, number>
  by_risk: ByRisk
  casualties: Partial<Casualties>
}

/** As the server sees it: more than so many times as much, or less than that part of it. 0 counts as 1, nothing as 0. */
export function isJump(before: number, after: number | undefined, ratio: number): boolean {
  const now = after ?? 0
  const high = Math.max(Math.abs(before), Math.abs(now))
  const low = before * now <= 0 ? 0 : Math.min(Math.abs(before), Math.abs(now))
  return high > ratio * Math.max(low, 1)
}

/** What the server will want to have explained; asked here, so that whoever is offline can say it at once. */
export function questionsOf(specs: FigureSpec[], former: Report | null, said: Said): Question[] {
  const found: Question[] = []
  for (const { key: figure, max_ratio: ratio } of specs) {
    const before = former?.figures[figure]
    const now = said.figures[figure]
    if (ratio && typeof before === 'number' && isJump(before, now, ratio)) {
      found.push({ reason: 'jump', figure, from: before, to: now ?? null, ratio })
    }
    const parts = Object.values(said.by_risk[figure] ?? {}).reduce((sum, part) => sum + part, 0)
    if (now !== undefined && parts > now) found.push({ reason: 'parts_exceed', figure, from: now, to: parts })
  }
  const dead = former?.casualties.dead ?? 0
  if ((said.casualties.dead ?? 0) < dead) {
    found.push({ reason: 'fewer_dead', figure: 'dead', from: dead, to: said.casualties.dead ?? null })
  }
  return found
}
