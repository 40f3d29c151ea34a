import { del, get, patch, post, put } from './client'
import type { Conversation, Draft, Message, OfficialRef, Page, Person, Reaction, Sender } from './types'

export interface ChatSettings {
  recall_within: number
  edit_within: number
  reactions: { key: string; emoji: string; name: string }[]
}

export interface RecordItem {
  sender: Sender
  created_at: string
  kind: string
  text: string | null
  content: Record<string, unknown> | null
}

export interface Pin {
  message: Message
  pinned_by: Person
  pinned_at: string
}

export interface Notice {
  text: string
  by: Person
  at: string
}

export interface Favourite {
  id: string
  conversation: { id: string; name: string } | null
  message: Message | null
  saved_at: string
}

const at = (id: string) => `/conversations/${id}`
const message = (id: string, seq: number) => `${at(id)}/messages/${seq}`
type Reactions = { reactions: Reaction[] }

export const settings = () => get<ChatSettings>('/messaging/settings')
export const one = (id: string, seq: number) => get<Message>(message(id, seq))
export const edit = (id: string, seq: number, text: string) =>
  patch<Message>(message(id, seq), { text })
export const versions = (id: string, seq: number) =>
  get<Page<{ no: number; text: string; at: string }>>(`${message(id, seq)}/versions`)

export const react = (id: string, seq: number, key: string) =>
  put<Reactions>(`${message(id, seq)}/reactions/${key}`, {})
export const unreact = (id: string, seq: number, key: string) =>
  del<Reactions>(`${message(id, seq)}/reactions/${key}`)
export const reactors = (id: string, seq: number, key: string | null) =>
  get<Page<OfficialRef & { key: string; at: string }>>(`${message(id, seq)}/reactions`, { key, limit: 100 })

export const forwardSingly = (to: string, from: string, seqs: number[], clientId: string) =>
  post<Page<Message>>(`${at(to)}/forwards`, { conversation_id: from, seqs, client_id: clientId })
export const record = (id: string, seq: number, recordId: string | null) =>
  get<{ title: string; items: RecordItem[] }>(`${message(id, seq)}/record`, { record_id: recordId })

export const pins = (id: string) => get<Page<Pin>>(`${at(id)}/pins`)
export const pin = (id: string, seq: number) => put<Page<Pin>>(`${at(id)}/pins/${seq}`, {})
export const unpin = (id: string, seq: number) => del<Page<Pin>>(`${at(id)}/pins/${seq}`)
export const favourite = (id: string, seq: number) => put<null>(`${message(id, seq)}/favourite`, {})
export const unfavourite = (id: string, seq: number) => del<null>(`${message(id, seq)}/favourite`)

export const favourites = (cursor: string | null) => get<Page<Favourite>>('/favourites', { cursor })
export const removeFavourite = (id: string) => del<null>(`/favourites/${id}`)

export const setMine = (
  id: string,
  change: { pinned?: boolean; muted?: boolean; marked_unread?: boolean },
) => patch<Conversation>(`${at(id)}/my`, change)
export const saveDraft = (
  id: string,
  draft: { text: string; reply_to_seq: number | null; origin: string },
) => put<{ draft: Draft | null }>(`${at(id)}/draft`, draft)

export const notice = (id: string) => get<{ notice: Notice | null }>(`${at(id)}/notice`)
export const setNotice = (id: string, text: string) =>
  put<{ notice: Notice | null }>(`${at(id)}/notice`, { text })
export const dissolve = (id: string) => del<null>(at(id))
