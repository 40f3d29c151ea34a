import type { Message, Person } from '@/api/types'

/** Ascending by seq, one message per seq; what comes later in time (a recall, an own copy) replaces what is there. */
export function mergeMessages(current: Message[], incoming: Message[]): Message[] {
  if (incoming.length === 0) return current
  const bySeq = new Map(current.map((message) => [message.seq, message]))
  for (const message of incoming) {
    const known = bySeq.get(message.seq)
    // A broadcast copy never carries the client_id, and must not take it from the sender's own copy.
    bySeq.set(message.seq, { ...message, client_id: message.client_id ?? known?.client_id ?? null })
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

export function tailSeq(messages: Message[]): number {
  return messages.at(-1)?.seq ?? 0
}

/** Sequences are gapless on the server: a jump means that pushes were lost and must be fetched. */
export function leavesGap(messages: Message[], seq: number): boolean {
  return seq > tailSeq(messages) + 1
}

/**
 * What a conversation shows: the stretch that ends at the newest message, or one aside that was opened at a message
 * further back. Each is without a hole; the two become one when they meet.
 */
export interface Stretches {
  messages: Message[]
  aside: Message[] | null
}

export function shownOf({ messages, aside }: Stretches): Message[] {
  return aside ?? messages
}

/** Puts a page to the end of the stretch that it was fetched for; one that fits no end any more is dropped. */
export function withFetched(stretches: Stretches, page: Message[]): Stretches {
  const { messages, aside } = stretches
  if (!adjoin(shownOf(stretches), page)) return stretches
  if (!aside) return { messages: mergeMessages(messages, page), aside }
  const grown = mergeMessages(aside, page)
  const [first] = messages
  if (!first || tailSeq(grown) + 1 < first.seq) return { messages, aside: grown }
  // Of a message that both have, the one in the live stretch has heard every change.
  return { messages: mergeMessages(grown, messages), aside: null }
}

function adjoin(stretch: Message[], page: Message[]): boolean {
  const [first, next] = [stretch[0], page[0]]
  if (!first || !next) return true
  return next.seq <= tailSeq(stretch) + 1 && tailSeq(page) >= first.seq - 1
}

const NO_WORDS = {
  text: null,
  content: null,
  mentions: null,
  reply_to: null,
  reactions: [],
  pinned: false,
  confirm: null,
  comments: 0,
}

export interface Recall {
  seq: number
  recalled_at: string
  recalled_by?: Person | null
}

export interface Removal {
  seqs: number[]
  removed_at: string
}

/** The time of keeping is over: the places stay, the words go, in quotes of them too. */
export function withRemoval(messages: Message[], { seqs, removed_at }: Removal): Message[] {
  const gone = new Set(seqs)
  return messages.map((message) => {
    if (gone.has(message.seq)) return { ...message, ...NO_WORDS, removed_at }
    if (message.reply_to && gone.has(message.reply_to.seq)) {
      return { ...message, reply_to: { ...message.reply_to, text: null } }
    }
    return message
  })
}

/** Nobody else is named: its sender took it back, and bots do not. */
function ownRecall({ sender }: Message): Person | null {
  return sender.id ? { id: sender.id, name: sender.name } : null
}

export function withRecall(messages: Message[], recall: Recall): Message[] {
  return messages.map((message) => {
    if (message.seq === recall.seq) {
      return {
        ...message,
        ...NO_WORDS,
        recalled_at: recall.recalled_at,
        recalled_by: recall.recalled_by ?? ownRecall(message),
      }
    }
    if (message.reply_to?.seq === recall.seq) {
      return { ...message, reply_to: { ...message.reply_to, text: null } }
    }
    return message
  })
}
