import { del, get, post, put } from './client'
import type { Audience, ConversationKind, DescribedAudience, Page, Person } from './types'

export interface RuleBody {
  name: string
  conversation_kinds: ConversationKind[]
  message_kinds: string[]
  audience: Audience | null
  /** null: for good */
  keep_days: number | null
}

export interface Rule extends Omit<RuleBody, 'audience'> {
  id: string
  audience: DescribedAudience | null
  by: string
  created_at: string
  changed_at: string
}

export interface Trial {
  messages: number
  files: number
  held: number
  /** The part of all messages that was looked at, 0 to 1. */
  looked_at: number
  next: string | null
}

export interface Place {
  id: string
  kind: ConversationKind
  name: string
}

export interface FoundPlace extends Place {
  members: number | null
  last_seq: number
  held: boolean
  updated_at: string
}

export interface Hold {
  id: string
  conversation: Place | null
  official: Person | null
  audience: DescribedAudience | null
  reason: string
  placed_by: string
  placed_at: string
  released_at: string | null
  released_by: string | null
  release_reason: string | null
}

export interface HoldBody {
  conversation_id?: string
  official_id?: string
  audience?: Audience
  reason: string
  client_id: string
}

export type ExportState = 'waiting' | 'running' | 'ready' | 'failed' | 'expired'

export interface Export {
  id: string
  conversation: { id: string; name: string }
  ordered_by: { username: string; name: string }
  mine: boolean
  reason: string
  whole: boolean
  with_files: boolean
  first_seq: number
  last_seq: number
  state: ExportState
  done: number
  total: number
  size: number | null
  sha256: string | null
  created_at: string
  ready_at: string | null
  expires_at: string | null
}

export interface ExportBody {
  conversation_id: string
  reason: string
  with_files: boolean
  client_id: string
}

export const rules = () => get<Page<Rule>>('/records/rules')
export const makeRule = (body: RuleBody & { client_id: string }) => post<Rule>('/records/rules', body)
export const changeRule = (id: string, body: RuleBody) => put<Rule>(`/records/rules/${id}`, body)
export const endRule = (id: string) => del<null>(`/records/rules/${id}`)
export const tryRule = (body: RuleBody & { rule_id: string | null; cursor: string | null }) =>
  post<Trial>('/records/rules/trial', body)
export const holds = (released: boolean, cursor: string | null) =>
  get<Page<Hold>>('/records/holds', { released, cursor })
export const placeHold = (body: HoldBody) => post<Hold>('/records/holds', body)
export const releaseHold = (id: string, reason: string) =>
  post<Hold>(`/records/holds/${id}/release`, { reason })
export const conversations = (where: { official_id?: string; unit_id?: string }, cursor: string | null) =>
  get<Page<FoundPlace>>('/records/conversations', { ...where, cursor })
export const standing = (conversationId: string) =>
  get<{ may_export: boolean; held: boolean | null }>(`/conversations/${conversationId}/records`)
export const exports = (everybodys: boolean, cursor: string | null) =>
  get<Page<Export>>('/records/exports', { everybodys, cursor })
export const orderExport = (body: ExportBody) => post<Export>('/records/exports', body)
export const throwExportAway = (id: string) => del<null>(`/records/exports/${id}`)
export const exportLink = (id: string) =>
  post<{ url: string; expires_at: string }>(`/records/exports/${id}/links`)
