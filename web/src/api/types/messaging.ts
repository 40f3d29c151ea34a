import type { DescribedAudience, OfficialRef, Person } from './orgtree'
import type { Page } from './pages'

export type ConversationKind = 'direct' | 'group' | 'org_group' | 'announcement'
export type MemberRole = 'owner' | 'admin' | 'member'

/** Who said something: an official, or a bot, which has no official's id. */
export type Sender = Omit<OfficialRef, 'id'> & { id: string | null; bot_id?: string | null; app_id?: string | null }

export interface Message {
  id: string
  conversation_id: string
  seq: number
  sender: Sender
  client_id: string | null
  kind: string
  text: string | null
  content: Record<string, unknown> | null
  reply_to: { seq: number; sender_name: string; kind: string; text: string | null } | null
  created_at: string
  recalled_at: string | null
  recalled_by: Person | null
  /** Since when its words are not kept any more. */
  removed_at?: string | null
  edited_at: string | null
  mentions: Mentions | null
  mentions_me: boolean | null
  reactions: Reaction[]
  pinned: boolean
  favourite: boolean
  /** The readers of an announcement are asked to confirm it; when I did. */
  confirm?: { confirmed_at: string | null } | null
  /** How many comments stand under an announcement. */
  comments?: number
}

export interface Mentions {
  all: boolean
  people: Person[]
  audience: DescribedAudience | null
}

export interface Reaction {
  key: string
  count: number
  mine: boolean
}

export interface Draft {
  text: string
  reply_to_seq: number | null
  updated_at: string
}

/** What I made of a conversation for myself. */
export interface MyConversation {
  pinned_at: string | null
  muted: boolean
  marked_unread: boolean
  draft: Draft | null
}

export interface Conversation {
  id: string
  kind: ConversationKind
  name: string
  /** With whom a direct conversation is. */
  other: Person | null
  audience: DescribedAudience | null
  members: number | null
  my_role: MemberRole
  last_seq: number
  read_seq: number
  unread: number
  last_message: Message | null
  updated_at: string
  may_post: boolean
  may_manage: boolean
  /** Whether the readers of announcements may comment on them. */
  comments: boolean
  /** Unread messages that mention me, and the first of them. */
  mentioned: { count: number; seq: number } | null
  my: MyConversation
}

export type Member = OfficialRef & { role: MemberRole }

export interface Readers extends Page<OfficialRef> {
  read: number
  unread: number
}

export interface SyncAnswer {
  cursor: string
  /** These are all the conversations there are: what was kept before is forgotten. */
  complete: boolean
  conversations: Conversation[]
  left: string[]
  changed: { conversation_id: string; seq: number }[]
  assignments: { open: number; overdue: number; exercise: { open: number; overdue: number } }
  dings: { unconfirmed: number }
  next: string | null
}
