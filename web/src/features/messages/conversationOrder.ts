import type { Conversation, Message } from '@/api/types'

type Mentioned = Conversation['mentioned']

export function activity(conversation: Conversation): string {
  return conversation.last_message?.created_at ?? conversation.updated_at
}

/** What was pinned to the top stands there, the newest pin first; then whatever moved last. */
export function byAttention(a: Conversation, b: Conversation): number {
  const [pinnedA, pinnedB] = [a.my?.pinned_at ?? '', b.my?.pinned_at ?? '']
  return pinnedB.localeCompare(pinnedA) || activity(b).localeCompare(activity(a))
}

export function mentionsMe(message: Message, officialId: string | null): boolean {
  if (message.mentions_me !== null && message.mentions_me !== undefined) return message.mentions_me
  if (!message.mentions || message.sender.id === officialId) return false
  return message.mentions.all || message.mentions.people.some(({ id }) => id === officialId)
}

export function noteMention(
  mentioned: Mentioned,
  message: Message,
  officialId: string | null,
): Mentioned {
  if (!mentionsMe(message, officialId)) return mentioned ?? null
  return mentioned
    ? { count: mentioned.count + 1, seq: Math.min(mentioned.seq, message.seq) }
    : { count: 1, seq: message.seq }
}

/** How many are left past the cursor is not known here; none are once it has passed the only one. */
export function readUpTo(mentioned: Mentioned, readSeq: number): Mentioned {
  if (!mentioned || readSeq < mentioned.seq) return mentioned ?? null
  return null
}
