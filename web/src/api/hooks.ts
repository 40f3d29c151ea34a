import { del, get, patch, post } from './client'
import type { Page } from './types'

export type HookState = 'unverified' | 'live' | 'paused' | 'disabled'
export type DeliveryState = 'waiting' | 'done' | 'dead'

export interface Webhook {
  id: string
  url: string
  types: string[]
  state: HookState
  reason: string | null
  created_at: string
  verified_at: string | null
  secret?: string | null
}

export interface Attempt {
  at: string
  took_ms: number
  url: string
  request_headers: Record<string, string>
  status: number | null
  response_headers: Record<string, string> | null
  response_body: string | null
  error: string | null
}

export interface Delivery {
  id: string
  webhook_id: string
  event_id: string
  type: string
  subject: string
  occurred_at: string
  state: DeliveryState
  attempts: number
  due_at: string | null
  last_attempt: Attempt | null
}

export interface AppCall {
  id: string
  at: string
  took_ms: number
  method: string
  path: string
  status: number
  code: string | null
  for_official: boolean
}

const of = (appId: string) => `/miniapps/${appId}/webhooks`

export const webhooks = (appId: string) => get<Page<Webhook>>(of(appId))
export const add = (appId: string, body: { url: string; types: string[]; client_id: string }) =>
  post<Webhook>(of(appId), body)
export const verify = (appId: string, id: string) => post<Webhook>(`${of(appId)}/${id}/verification`)
export const pause = (appId: string, id: string, paused: boolean) =>
  patch<Webhook>(`${of(appId)}/${id}`, { paused })
export const remove = (appId: string, id: string) => del<null>(`${of(appId)}/${id}`)
export const deliveries = (
  appId: string,
  id: string,
  state: DeliveryState | '',
  cursor: string | null,
) => get<Page<Delivery>>(`${of(appId)}/${id}/deliveries`, { state, cursor, limit: 30 })
export const delivery = (appId: string, { webhook_id, id }: Delivery) =>
  get<Delivery & { requests: Attempt[]; data: unknown }>(
    `${of(appId)}/${webhook_id}/deliveries/${id}`,
  )
export const replay = (appId: string, { webhook_id, id }: Delivery) =>
  post<Delivery>(`${of(appId)}/${webhook_id}/deliveries/${id}/replay`)
export const replayTime = (
  appId: string,
  id: string,
  body: { since: string; until: string; states: string[] },
) => post<{ count: number; more: boolean }>(`${of(appId)}/${id}/replay`, body)
export const calls = (appId: string, failed: boolean, cursor: string | null) =>
  get<Page<AppCall>>(`/miniapps/${appId}/calls`, { failed, cursor, limit: 30 })
