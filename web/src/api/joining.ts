import { get, patch, post } from './client'
import type { Conversation, OfficialRef, Page, Person } from './types'

/** How a group takes people in; the last two are told to those who manage it. */
export interface Life {
  welcome: string | null
  joinable: boolean
  join_code: string | null
  open_requests: number | null
}

/** A group as somebody outside sees it who has its link. */
export interface GroupCard {
  id: string
  name: string
  members: number
  joined: boolean
  requested: boolean
}

export interface JoinRequest {
  id: string
  conversation_id: string
  official: OfficialRef
  text: string
  state: 'open' | 'approved' | 'declined'
  created_at: string
  decided_at: string | null
  decided_by: Person | null
}

const at = (id: string) => `/conversations/${id}`
const group = (code: string) => `/groups/${encodeURIComponent(code)}`

export const life = (id: string) => get<Life>(`${at(id)}/life`)
export const setLife = (id: string, change: { welcome?: string; joinable?: boolean }) =>
  patch<Conversation>(at(id), change)
export const requests = (id: string, cursor: string | null) =>
  get<Page<JoinRequest>>(`${at(id)}/join-requests`, { cursor })
export const decide = ({ conversation_id, id }: JoinRequest, approve: boolean) =>
  post<JoinRequest>(`${at(conversation_id)}/join-requests/${id}/decision`, { approve })

export const card = (code: string) => get<GroupCard>(group(code))
export const ask = (code: string, text: string) => post<JoinRequest>(`${group(code)}/requests`, { text })
