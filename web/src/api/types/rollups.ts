import type { UnitBrief } from './orgtree'
import type { Casualties } from './reports'
import type { FigureSpec } from './tasks'

export interface RollupRow {
  unit: UnitBrief & { has_children: boolean }
  addressed: number
  delivered: number
  acknowledged: number
  reported: number
  completed: number
  overdue: number
  returned: number
  stood_down: number
  escalated: number
  /** Null while so many units are being looked through for the first time. */
  unstaffed: number | null
  figures: Record<string, number | null>
  by_risk: Record<string, Record<string, number | null>>
  casualties: Casualties
  not_reported: number
}

export interface Rollup {
  directive_id: string
  unit: UnitBrief
  own: RollupRow | null
  rows: RollupRow[]
  total: RollupRow
  at: string
  figures: FigureSpec[]
}
