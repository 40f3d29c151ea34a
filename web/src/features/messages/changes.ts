import type { Message, Reaction } from '@/api/types'

/** How pushed changes alter the messages that are on screen: pure, so that stale state + event = fresh state. */

const QUOTE_LENGTH = 200

interface Edit {
  seq: number
  text: string
  content: Record<string, unknown> | null
  edited_at: string | null
}

interface ReactionChange {
  seq: number
  reactions: { key: string; count: number }[]
  official_id: string
  key: string
  added: boolean
}

export function withEdit(messages: Message[], edit: Edit): Message[] {
  if (messages.some((message) => message.seq === edit.seq && isOlder(edit, message))) return messages
  return messages.map((message) => {
    if (message.seq === edit.seq) {
      if (message.recalled_at || message.removed_at) return message
      return { ...message, text: edit.text, content: edit.content, edited_at: edit.edited_at }
    }
    if (message.reply_to?.seq === edit.seq) {
      return { ...message, reply_to: { ...message.reply_to, text: edit.text.slice(0, QUOTE_LENGTH) } }
    }
    return message
  })
}

/** Cards count their versions: of two replacements the later one may be heard first. */
function isOlder(edit: Edit, message: Message): boolean {
  return Number(edit.content?.version ?? 0) < Number(message.content?.version ?? 0)
}

/** An event never says which are mine; only the key that it is about can have changed in that. */
export function mergeReactions(
  current: Reaction[],
  change: ReactionChange,
  officialId: string | null,
): Reaction[] {
  const mine = new Set(current.filter((reaction) => reaction.mine).map(({ key }) => key))
  if (change.official_id === officialId) {
    if (change.added) mine.add(change.key)
    else mine.delete(change.key)
  }
  return change.reactions.map(({ key, count }) => ({ key, count, mine: mine.has(key) }))
}

export function withReactions(
  messages: Message[],
  change: ReactionChange,
  officialId: string | null,
): Message[] {
  return patched(messages, change.seq, (message) => ({
    reactions: mergeReactions(message.reactions ?? [], change, officialId),
  }))
}

export function withPins(messages: Message[], seqs: number[]): Message[] {
  const pinned = new Set(seqs)
  return messages.map((message) =>
    Boolean(message.pinned) === pinned.has(message.seq)
      ? message
      : { ...message, pinned: pinned.has(message.seq) },
  )
}

export function patched(
  messages: Message[],
  seq: number,
  change: (message: Message) => Partial<Message>,
): Message[] {
  return messages.map((message) =>
    message.seq === seq ? { ...message, ...change(message) } : message,
  )
}
