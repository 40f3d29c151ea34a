import { del, get, post } from './client'
import type { Page, Sender } from './types'

export interface Comment {
  no: number
  sender: Sender
  /** Null once removed. */
  text: string | null
  created_at: string
  removed_at: string | null
  removed_by: string | null
  may_remove?: boolean
}

const under = (id: string, seq: number) => `/conversations/${id}/messages/${seq}/comments`

export const list = (id: string, seq: number, cursor: string | null) =>
  get<Page<Comment>>(under(id, seq), { cursor, limit: 50 })
export const write = (id: string, seq: number, text: string, clientId: string) =>
  post<Comment>(under(id, seq), { text, client_id: clientId })
export const remove = (id: string, seq: number, no: number) => del<null>(`${under(id, seq)}/${no}`)
