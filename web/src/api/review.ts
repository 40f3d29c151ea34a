import { get } from './client'
import type { LateCall } from './picture'
import type { OfficialRef, ResponseLevel, UnitBrief, UnitLevel } from './types'

/** The counts from a frame on, in the order of the review's `counts`. */
export interface Shot {
  frame: number
  counts: number[]
}

export interface Timing {
  addressed: number
  acknowledged: number
  median_seconds: number | null
  p90_seconds: number | null
}

export interface Review {
  directive_id: string
  unit: UnitBrief
  start: string
  end: string
  step_seconds: number
  frames: number
  counts: ('addressed' | 'acknowledged' | 'reported' | 'completed' | 'overdue')[]
  total: Shot[]
  counties: { unit: UnitBrief; shots: Shot[]; timing: Timing }[]
  levels: (Timing & { level: UnitLevel })[]
  timing: Timing
  response_levels: { level: ResponseLevel; at: string; by: OfficialRef; reason: string }[]
  calls: (LateCall & { unit: UnitBrief })[]
  escalations: { kind: 'acknowledge' | 'report'; step: string; steps: number; units: number; answered: number }[]
  escalated: {
    unit: UnitBrief
    kind: 'acknowledge' | 'report'
    step: string
    deadline: string
    fired_at: string
    ended_at: string | null
    told: string[]
  }[]
  moves: number
  history_sha256: string
  sha256: string
  at: string
}

export const review = (id: string, unitId: string | null, signal?: AbortSignal) =>
  get<Review>(`/directives/${id}/review`, { unit_id: unitId }, signal)
