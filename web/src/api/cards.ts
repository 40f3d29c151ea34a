import { get, post } from './client'
import type { StoredFile } from './files'
import type { Page } from './types'

export type CardTone = 'info' | 'success' | 'warning' | 'danger'

/** `url` is opened here; `action` is for the app, which hears of it through the server. */
export interface CardButton {
  id: string
  text: string
  style: 'default' | 'primary' | 'danger'
  url?: string
  action?: string
  confirm?: string
}

export interface CardContent {
  title: string
  text: string
  status: { text: string; tone: CardTone } | null
  /** Says something, or shows a file. */
  fields: { label: string; value?: string; file?: StoredFile }[]
  buttons: CardButton[]
  app: { id: string; app_id: string; name: { zh: string; en: string } }
  version: number
  updated_at: string
}

export interface CardAction {
  id: string
  conversation_id: string
  seq: number
  button_id: string
  state: 'waiting' | 'done' | 'failed'
  reason: 'unreachable' | 'refused' | 'bad_answer' | 'app_gone' | null
  toast: string | null
  created_at: string
  settled_at: string | null
}

export const press = (id: string, seq: number, buttonId: string, clientId: string) =>
  post<CardAction>(`/conversations/${id}/messages/${seq}/actions`, { button_id: buttonId, client_id: clientId })
export const mine = (id: string) => get<Page<CardAction>>(`/conversations/${id}/card-actions`, { limit: 200 })
