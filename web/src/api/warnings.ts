import { get, post, upload } from './client'
import type { EventBrief, Mode, OfficialRef, Page, ResponseLevel } from './types'

export type Standing = 'in_force' | 'updated' | 'cancelled' | 'expired'

export interface Proposal {
  name: string
  kind: string
  mode: Mode | null
  level: ResponseLevel | null
  basis: string
  /** The plan that answers it, with the number of its orders for the proposed level. */
  plan: { id: string; no: number; name: string; example: boolean; orders: number } | null
}

export interface WarningBrief {
  id: string
  sender: string
  identifier: string
  sent: string
  status: string
  msg_type: string
  expires: string | null
  standing: Standing
  replaced_by: { id: string; msg_type: string } | null
  unit: { id: string; name: string }
  received_at: string
  received_by: OfficialRef
  proposal: Proposal
  /** What the own unit raised from it, or from one that it replaces. */
  event: EventBrief | null
  responded: boolean
  may: { raise: boolean }
}

export interface Pair {
  name: string
  value: string
}

export interface WarningInfo {
  language: string
  event: string
  urgency: string
  severity: string
  certainty: string
  effective: string | null
  expires: string | null
  sender_name: string | null
  headline: string | null
  description: string | null
  instruction: string | null
  contact: string | null
  parameters: Pair[]
  areas: { description: string; geocodes: Pair[] }[]
}

export interface CapWarning extends WarningBrief {
  alert: { note: string | null; infos: WarningInfo[] }
}

export const list = (cursor: string | null) => get<Page<WarningBrief>>('/warnings', { cursor })
export const one = (id: string, signal?: AbortSignal) =>
  get<CapWarning>(`/warnings/${id}`, {}, signal)
export const take = (file: Blob) => upload<CapWarning>('/warnings', file, 'application/cap+xml')
export const respond = (id: string, level: ResponseLevel) =>
  post<WarningBrief>(`/warnings/${id}/event`, { level })

export const documentUrl = (id: string) => `/api/v1/warnings/${id}/document`
export const capUrl = (directiveId: string) => `/api/v1/directives/${directiveId}/cap`
