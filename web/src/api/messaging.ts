import { del, get, patch, post, put } from './client'
import type {
  Audience,
  Conversation,
  ConversationKind,
  Member,
  MemberRole,
  Message,
  Page,
  Readers,
  SyncAnswer,
} from './types'

export interface NewConversation {
  kind: ConversationKind
  name?: string
  official_ids?: string[]
  audience?: Audience
  client_id: string
}

export interface NewMessage {
  kind?: string
  text?: string
  content?: unknown
  reply_to_seq?: number
  confirm?: boolean
  mentions?: { official_ids?: string[]; all?: boolean; audience?: Audience }
}

const at = (id: string) => `/conversations/${id}`

export const sync = (cursor: string | null) => get<SyncAnswer>('/sync', { cursor })
export const conversation = (id: string) => get<Conversation>(at(id))
export const createConversation = (body: NewConversation) =>
  post<Conversation>('/conversations', body)
export const rename = (id: string, name: string) => patch<Conversation>(at(id), { name })
export const allowComments = (id: string, comments: boolean) =>
  patch<Conversation>(at(id), { comments })
export const leave = (id: string) => del<null>(`${at(id)}/members/me`)

export const members = (id: string, cursor?: string | null) =>
  get<Page<Member>>(`${at(id)}/members`, { cursor, limit: 100 })
export const addMembers = (id: string, officialIds: string[]) =>
  post<unknown>(`${at(id)}/members`, { official_ids: officialIds })
export const setMemberRole = (id: string, officialId: string, role: MemberRole) =>
  patch<unknown>(`${at(id)}/members/${officialId}`, { role })
export const removeMember = (id: string, officialId: string) =>
  del<null>(`${at(id)}/members/${officialId}`)

export const messagesBefore = (id: string, seq: number, limit: number) =>
  get<Page<Message>>(`${at(id)}/messages`, { before_seq: seq, limit })
export const messagesAfter = (id: string, seq: number, limit: number) =>
  get<Page<Message>>(`${at(id)}/messages`, { after_seq: seq, limit })
/** A page that has the message in its middle. */
export const messagesAround = (id: string, seq: number, limit: number) =>
  get<Page<Message>>(`${at(id)}/messages`, { around_seq: seq, limit })
export const sendMessage = (
  id: string,
  body: NewMessage & { client_id: string },
) => post<Message>(`${at(id)}/messages`, body)
export const recall = (id: string, seq: number) =>
  post<Message>(`${at(id)}/messages/${seq}/recall`)
export const markRead = (id: string, seq: number) =>
  put<{ read_seq: number; unread: number }>(`${at(id)}/read`, { seq })
export const readers = (
  id: string,
  seq: number,
  state: 'read' | 'unread',
  limit: number,
  cursor?: string | null,
) => get<Readers>(`${at(id)}/messages/${seq}/readers`, { state, limit, cursor })
