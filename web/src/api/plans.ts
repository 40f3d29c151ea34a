import { get, post } from './client'
import type { DraftContent } from './drafts'
import type {
  EscalationStep,
  EventBrief,
  FigureSpec,
  OfficialRef,
  Page,
  ResponseLevel,
  Role,
  TaskEvent,
  UnitLevel,
  UnitRef,
  Urgency,
} from './types'

export interface PlanAudience {
  levels: UnitLevel[]
  line: string | null
  role: Role | null
}

export interface PlanOrder {
  key: string
  title: string
  text: string
  urgency: Urgency
  audiences: PlanAudience[]
  copies: PlanAudience[]
  ack_minutes: number
  report_minutes: number | null
  figures: FigureSpec[]
  report_interval_minutes: number | null
  escalation: EscalationStep[]
  countersign: boolean
  way: 'all' | 'stepwise'
}

export interface PlanLevel {
  level: ResponseLevel
  summary: string
  orders: PlanOrder[]
}

export interface PlanContent {
  name: string
  source: string
  example: boolean
  levels: PlanLevel[]
}

export interface PlanVersion {
  no: number
  note: string
  at: string
  by: OfficialRef
}

export interface PlanBrief {
  id: string
  unit: UnitRef
  kind: string
  no: number
  retired: boolean
  name: string
  source: string
  example: boolean
  levels: ResponseLevel[]
  version: PlanVersion
  may: { write: boolean }
}

export type Plan = PlanBrief & { content: PlanContent }
export type Action = 'issue' | 'replace' | 'keep' | 'end'

export interface ProposalItem {
  key: string
  action: Action
  title: string
  content: DraftContent | null
  countersign: boolean
  reach: { text: string; units: number } | null
  directives: { id: string; title: string; issued_at: string; units: number }[]
  draft_ids: string[]
  discard_ids: string[]
  rescues: { count: number; units: { id: string; name: string; directive_id: string; title: string }[] }
}

export interface Proposal {
  event: EventBrief
  level: ResponseLevel
  plan: { id: string; no: number; name: string; source: string; example: boolean }
  summary: string
  items: ProposalItem[]
}

export interface OutcomeItem {
  key: string
  title: string
  directive_ids: string[]
  draft_id: string | null
}

export interface PlanResponse {
  id: string
  level: ResponseLevel
  outcome: Record<'issued' | 'replaced' | 'drafted' | 'ended' | 'kept' | 'skipped', OutcomeItem[]>
  event: TaskEvent
}

export const list = (cursor: string | null) => get<Page<PlanBrief>>('/plans', { cursor })
export const examples = () => get<Page<{ kind: string; content: PlanContent }>>('/plans/examples')
export const one = (id: string) => get<Plan>(`/plans/${id}`)
export const versions = (id: string) => get<Page<PlanVersion>>(`/plans/${id}/versions`, { limit: 200 })
export const version = (id: string, no: number) => get<Plan>(`/plans/${id}/versions/${no}`)
export const create = (body: { kind: string; content: PlanContent; note: string; client_id: string }) =>
  post<Plan>('/plans', body)
export const change = (
  id: string,
  body: { no: number; content: PlanContent; note: string; retired: boolean; client_id: string },
) => post<Plan>(`/plans/${id}/versions`, body)
export const proposal = (eventId: string, level: ResponseLevel) =>
  get<Proposal>(`/events/${eventId}/proposal`, { level })
export const respond = (
  eventId: string,
  body: {
    level: ResponseLevel
    reason: string
    plan_id: string
    plan_no: number
    items: { key: string; do: Action | 'skip'; content: DraftContent | null }[]
    override_reason: string | null
    client_id: string
  },
) => post<PlanResponse>(`/events/${eventId}/responses`, body)
