import { del, get, post, put } from './client'
import type {
  Audience,
  DescribedAudience,
  Directive,
  EscalationStep,
  EventBrief,
  FigureSpec,
  Mode,
  OfficialRef,
  Page,
  PlanRef,
  StoredFileRef,
  UnitLevel,
  UnitRef,
  Urgency,
} from './types'

export type Point = [longitude: number, latitude: number]

export interface DrawnArea {
  polygon: Point[]
  levels: UnitLevel[]
}

/** The fields of a directive as far as they are written; deadlines by minutes from the issue, or by the clock. */
export interface DraftContent {
  number?: string | null
  title: string
  text: string
  urgency: Urgency
  audiences: Audience[]
  unit_ids: string[]
  area: DrawnArea | null
  lead_unit_id: string | null
  cooperating_unit_ids: string[]
  copies: Audience[]
  file_ids: string[]
  ack_minutes: number | null
  report_minutes: number | null
  ack_deadline: string | null
  report_deadline: string | null
  figures: FigureSpec[]
  report_interval_minutes: number | null
  escalation: EscalationStep[]
  way: 'all' | 'stepwise'
}

export interface Draft {
  id: string
  event: EventBrief
  content: DraftContent
  names: UnitRef[]
  files: StoredFileRef[]
  revision: number
  state: 'open' | 'issued' | 'discarded'
  plan: (PlanRef & { countersign: boolean }) | null
  /** The directive whose next version it is to be, and why. */
  updates_id: string | null
  update_reason: string | null
  countersign: boolean
  countersigned: (OfficialRef & { at: string }) | null
  lacking: { pointer: string; detail: string }[]
  author: OfficialRef
  created_at: string
  changed_at: string
  changed_by: string
  directive_id: string | null
  may: { write: boolean; countersign: boolean; issue: boolean }
}

export interface AreaPreview {
  audiences: DescribedAudience[]
  touched: { id: string; code: string; name: string; level: UnitLevel }[]
  left_out: string[]
  units: number
}

const DRAFTS = '/directives/drafts'

export const list = (mode: Mode, cursor: string | null) => get<Page<Draft>>(DRAFTS, { mode, cursor })
export const one = (id: string) => get<Draft>(`${DRAFTS}/${id}`)
export const save = (body: { event_id: string; content: DraftContent; countersign: boolean; client_id: string }) =>
  post<Draft>(DRAFTS, body)
export const change = (id: string, body: { revision: number; content: DraftContent; countersign: boolean }) =>
  put<Draft>(`${DRAFTS}/${id}`, body)
export const discard = (id: string) => del<null>(`${DRAFTS}/${id}`)
export const countersign = (id: string, revision: number) => post<Draft>(`${DRAFTS}/${id}/countersignature`, { revision })
export const issue = (id: string, revision: number) => post<Directive>(`${DRAFTS}/${id}/issue`, { revision })
export const previewArea = (area: DrawnArea) => post<AreaPreview>('/areas/preview', area)
export const copied = (mode: Mode, cursor: string | null) =>
  get<Page<Directive>>('/directives', { box: 'copied', mode, cursor })
