import type { Audience, DescribedAudience, Role, UnitLevel } from '@/api/types'

export const LEVELS: UnitLevel[] = [1, 2, 3, 4, 5, 6]
export const ROLES: Role[] = ['leader', 'deputy', 'duty_officer', 'member']

export function emptyAudience(unitId: string): Audience {
  return { unit_id: unitId, levels: null, line: null, role: null }
}

/** One that is described, to start another from. */
export function audienceOf({ unit_id, levels, line, role }: DescribedAudience): Audience {
  return { unit_id, levels, line, role }
}

export function levelsBelow(level: UnitLevel): UnitLevel[] {
  return LEVELS.filter((other) => other >= level)
}
