import type { Message } from '@/api/types'

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
