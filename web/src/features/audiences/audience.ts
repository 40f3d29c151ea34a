import type { Audience, Role, UnitLevel } from '@/api/types'

export const LEVELS: UnitLevel[] = [1, 2, 3, 4, 5, 6]
export const ROLES: Role[] = ['leader', 'deputy', 'duty_officer', 'member']

export function emptyAudience(unitId: string): Audience {
  return { unit_id: unitId, levels: null, line: null, role: null }
}

export function levelsBelow(level: UnitLevel): UnitLevel[] {
  return LEVELS.filter((other) => other >= level)
}
