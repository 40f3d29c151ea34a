import type { Conversation, Message } from '@/api/types'

/** For tests: a message of a typhoon's morning, with what the test is about. */
export function message(seq: number, part: Partial<Message> = {}): Message {
  return {
    id: `m${seq}`,
    conversation_id: 'c1',
    seq,
    sender: { id: 'o1', name: '林晓燕', post_title: '值班员', unit_name: '温岭市' },
    client_id: null,
    kind: 'text',
    text: `text ${seq}`,
    content: null,
    reply_to: null,
    created_at: new Date(Date.UTC(2019, 7, 9, 4, seq)).toISOString(),
    recalled_at: null,
    recalled_by: null,
    edited_at: null,
    mentions: null,
    mentions_me: false,
    reactions: [],
    pinned: false,
    favourite: false,
    ...part,
  }
}

/** Quotes the first message. */
export const quoting = message(2, { reply_to: { seq: 1, sender_name: '林晓燕', kind: 'text', text: 'text 1' } })

/** For tests: a group nothing was said in yet. */
export function conversation(id: string, part: Partial<Conversation> = {}): Conversation {
  return {
    id,
    kind: 'group',
    name: '温岭防汛群',
    other: null,
    audience: null,
    members: 3,
    my_role: 'member',
    last_seq: 0,
    read_seq: 0,
    unread: 0,
    last_message: null,
    updated_at: '2019-08-09T04:00:00Z',
    may_post: true,
    may_manage: false,
    comments: false,
    mentioned: null,
    my: { pinned_at: null, muted: false, marked_unread: false, draft: null },
    ...part,
  }
}
