import type { UnitLevel } from '@/api/types'

interface LevelCount {
  level: UnitLevel
  units: number
}

/** What choosing these levels comes to, top down; a level without units is left out. */
export function reachOf(counts: LevelCount[], levels: UnitLevel[]): LevelCount[] {
  return counts
    .filter(({ level, units }) => units > 0 && levels.includes(level))
    .sort((a, b) => a.level - b.level)
}
