import { get, post } from './client'
import type { OfficialRef, RollupRow, UnitBrief, UnitLevel } from './types'

export type PartState = 'waiting' | 'partly' | 'acknowledged' | 'reported' | 'completed'
export type Counts = Pick<
  RollupRow,
  'addressed' | 'delivered' | 'acknowledged' | 'reported' | 'completed' | 'overdue'
>
export type CountyCounts = Counts & { unit: UnitBrief; state: PartState }

export interface Series {
  start: string
  step_seconds: number
  /** The sums until the end of each step in which something changed. */
  points: { at: string; addressed: number; acknowledged: number; reported: number }[]
}

export interface Picture {
  directive_id: string
  unit: UnitBrief
  counties: CountyCounts[]
  levels: (Counts & { level: UnitLevel })[]
  series: Series
  at: string
}

export interface LateCall {
  id: string
  at: string
  by: OfficialRef
  units: number
  people: number
  ding_ids: string[]
}

export interface LatePreview {
  unit: UnitBrief
  units: number
  people: number
  more: boolean
  first_units: UnitBrief[]
  text: string
  last: LateCall | null
  may_ring: boolean
  at: string
}

export const picture = (id: string, unitId: string | null, signal?: AbortSignal) =>
  get<Picture>(`/directives/${id}/picture`, { unit_id: unitId }, signal)
export const late = (id: string, unitId: string, signal?: AbortSignal) =>
  get<LatePreview>(`/directives/${id}/late`, { unit_id: unitId }, signal)
export const ringLate = (id: string, body: { unit_id: string; text: string; client_id: string }) =>
  post<LateCall>(`/directives/${id}/late`, body)
