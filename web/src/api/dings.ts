import { get, post } from './client'
import type { Audience, DescribedAudience, OfficialRef, Page, UnitBrief } from './types'

export type Channel = 'in_app' | 'sms' | 'voice'
export type DingState = 'open' | 'complete' | 'cancelled' | 'over'
export type RecipientState = 'confirmed' | 'read' | 'delivered' | 'unreached'
export type CallState = 'waiting' | 'sent' | 'failed' | 'unreached' | 'dropped'

export interface MyAnswer {
  delivered_at: string | null
  read_at: string | null
  confirmed_at: string | null
  late: boolean
}

export type Progress = { addressed: number } & Record<RecipientState, number>

export interface Ding {
  id: string
  sender: OfficialRef
  text: string
  message: { conversation_id: string; seq: number } | null
  audience: DescribedAudience | null
  officials: number
  channels: Channel[]
  repeat: { every_minutes: number; times: number } | null
  step: number
  next_repeat_at: string | null
  created_at: string
  state: DingState
  cancelled_at: string | null
  completed_at: string | null
  /** Null: I am not addressed, I am the sender. */
  my: MyAnswer | null
  sent: {
    progress: Progress | null
    client_id: string | null
    calls?: Partial<Record<Channel, Record<CallState, number>>>
    steps?: { step: number; due_at: string; fired_at: string | null }[]
  } | null
}

export interface DingOptions {
  channels: Channel[]
  own_unit: { id: string; name: string } | null
  by_grant: boolean
  most_officials: number
  every_minutes: { least: number; most: number }
  most_times: number
  longest_text: number
}

export interface NewDing {
  text: string
  audience?: Audience
  official_ids?: string[]
  message?: { conversation_id: string; seq: number }
  channels: Channel[]
  repeat?: { every_minutes: number; times: number }
  client_id: string
}

export type DingRow = Progress & { unit: UnitBrief & { has_children: boolean } }

export interface DingRollup {
  ding_id: string
  unit: UnitBrief
  own: DingRow | null
  rows: DingRow[]
  /** Null while `counting`: whom a large DING addresses is counted first; `ding.progress` tells when it is. */
  total: DingRow | null
  counting: boolean
  at: string
}

export interface Recipient {
  id: string
  name: string
  post_title: string
  unit: { id: string; name: string }
  phone: string | null
  state: RecipientState
  read_at: string | null
  confirmed: { at: string; post_title: string; unit_name: string; device: string; late: boolean } | null
  calls: { channel: Channel; step: number; state: CallState; reason: string | null; at: string | null }[]
}

export type Answer = { id: string; state: DingState; my: MyAnswer }
export type Whom = RecipientState | 'unconfirmed' | 'any'

export const options = () => get<DingOptions>('/dings/options')
export const send = (body: NewDing) => post<Ding>('/dings', body)
export const received = (state: 'any' | 'unconfirmed', cursor: string | null) =>
  get<Page<Ding>>('/dings', { box: 'received', state, cursor })
export const sent = (cursor: string | null) => get<Page<Ding>>('/dings', { box: 'sent', cursor })
export const one = (id: string, signal?: AbortSignal) => get<Ding>(`/dings/${id}`, undefined, signal)
export const rollup = (id: string, unitId: string | null, signal?: AbortSignal) =>
  get<DingRollup>(`/dings/${id}/rollup`, { unit_id: unitId }, signal)
export const recipients = (id: string, unitId: string | null, state: Whom, cursor: string | null) =>
  get<Page<Recipient>>(`/dings/${id}/officials`, { unit_id: unitId, state, cursor })
export const cancel = (id: string) => post<Ding>(`/dings/${id}/cancellation`)
export const confirm = (id: string) => post<Answer>(`/dings/${id}/confirmation`)
export const tell = (ids: string[], kind: 'delivered' | 'read') =>
  post<{ items: Answer[] }>('/dings/receipts', { ding_ids: ids, kind })
