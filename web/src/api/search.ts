import { get } from './client'
import type { Conversation, ConversationKind, Message, Official, Page } from './types'

/** Half-open, ascending, counted in code points. */
export type Ranges = [start: number, end: number][]
export type Section = 'messages' | 'files' | 'people' | 'groups'

export interface Hit {
  conversation: { id: string; kind: ConversationKind; name: string }
  message: Message
  snippet: { text: string; ranges: Ranges; cut_before: boolean; cut_after: boolean }
  files: { index: number; name: string; ranges: Ranges }[]
}
export type FoundPerson = Official & { ranges: Ranges }
export type FoundGroup = Conversation & { ranges: Ranges }

/** A section that was not asked for is null. */
export interface Found {
  words: string[]
  messages: Page<Hit> | null
  files: Page<Hit> | null
  people: Page<FoundPerson> | null
  groups: Page<FoundGroup> | null
}

export type SearchRequest = {
  q: string
  in: 'all' | Section
  conversation_id?: string | null
  sender_id?: string | null
  from?: string | null
  to?: string | null
  limit?: number
  cursor?: string | null
}

export const find = (query: SearchRequest, signal?: AbortSignal) => get<Found>('/search', query, signal)
