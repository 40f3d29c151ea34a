import type { StoredFile } from '../files'
import type { OfficialRef, UnitBrief } from './orgtree'

export type ReportKind = 'first' | 'follow_up' | 'final'
export const CASUALTIES = ['dead', 'missing', 'injured'] as const
export type Casualty = (typeof CASUALTIES)[number]
export type Casualties = Record<Casualty, number | null>
export type ByRisk = Record<string, Record<string, number>>

/** WGS-84 degrees, metres. */
export interface Position {
  latitude: number
  longitude: number
  accuracy?: number | null
  name?: string | null
}

/** What the server wants to have explained before it takes a report in. */
export interface Question {
  reason: 'jump' | 'parts_exceed' | 'fewer_dead'
  figure: string
  from: number
  to: number | null
  ratio?: number | null
}

export type ReportPhoto = StoredFile & { taken_at: string | null; position: Position | null }

export interface Report {
  id: string
  no: number
  kind: ReportKind
  /** The number of the final report that it corrects. */
  corrects: number | null
  figures: Record<string, number | null>
  by_risk: ByRisk
  casualties: Casualties
  text: string | null
  position: Position | null
  photos: ReportPhoto[]
  files: StoredFile[]
  explanation: string | null
  asked: Question[]
  by: OfficialRef
  created_at: string
  device_time: string | null
  /** How far ahead the device's clock was. */
  skew_seconds: number | null
  is_skewed: boolean
  /** False: it came after the unit's part had ended. */
  counted: boolean
  rescue_open: boolean
  proxy_reason: string | null
  client_id: string | null
}

/** A report that a sum consists of, and what it adds to it. */
export interface RollupPart {
  unit: UnitBrief
  assignment_id: string
  value: number
  report: Report
}

/** Which number of a roll-up is opened. */
export type SumAsked = { unit: UnitBrief; own: boolean; title: string; measure: string } & (
  | { figure: string; risk?: string }
  | { casualty: Casualty }
)
