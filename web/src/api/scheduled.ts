import { del, get, patch, post } from './client'
import type { NewMessage } from './messaging'
import type { Page } from './types'

export interface Scheduled {
  id: string
  conversation_id: string
  kind: string
  text: string | null
  content: Record<string, unknown> | null
  reply_to_seq: number | null
  at: string
  state: 'waiting' | 'sent' | 'failed' | 'cancelled'
  failure: { code: string; detail: string } | null
  seq: number | null
  created_at: string
  client_id: string | null
}

const at = (conversationId: string) => `/conversations/${conversationId}/scheduled`

export const pending = (conversationId: string, cursor: string | null) =>
  get<Page<Scheduled>>(at(conversationId), { cursor })
export const add = (conversationId: string, body: NewMessage & { at: string; client_id: string }) =>
  post<Scheduled>(at(conversationId), body)
export const change = (id: string, body: { text?: string; at?: string }) =>
  patch<Scheduled>(`/scheduled/${id}`, body)
export const sendNow = (id: string) => post<Scheduled>(`/scheduled/${id}/sending`)
export const cancel = (id: string) => del<null>(`/scheduled/${id}`)
