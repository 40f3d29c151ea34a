import { get, post } from './client'
import type { Page, UnitBrief } from './types'

export type ConfirmState = 'confirmed' | 'read' | 'unread'
export type WhoConfirms = ConfirmState | 'unconfirmed'
export type Confirmed = { addressed: number } & Record<ConfirmState, number>
export type ConfirmedRow = Confirmed & { unit: UnitBrief & { has_children: boolean } }

export interface Confirmations {
  conversation_id: string
  seq: number
  unit: UnitBrief
  own: ConfirmedRow | null
  rows: ConfirmedRow[]
  /** Null while a large audience is counted for the first time. */
  total: ConfirmedRow | null
  counting: boolean
  at: string
}

export interface ConfirmingOfficial {
  id: string
  name: string
  post_title: string
  unit: { id: string; name: string }
  state: ConfirmState
  confirmed_at: string | null
}

const at = (id: string, seq: number) => `/conversations/${id}/messages/${seq}`

export const confirm = (id: string, seq: number) =>
  post<{ confirmed_at: string }>(`${at(id, seq)}/confirmation`)
export const confirmations = (
  id: string,
  seq: number,
  unitId: string | null,
  signal?: AbortSignal,
) => get<Confirmations>(`${at(id, seq)}/confirmations`, { unit_id: unitId }, signal)
export const confirming = (
  id: string,
  seq: number,
  unitId: string | null,
  state: WhoConfirms,
  cursor: string | null,
) =>
  get<Page<ConfirmingOfficial>>(`${at(id, seq)}/confirmations/officials`, {
    unit_id: unitId,
    state,
    cursor,
  })
