import type { Conversation } from '@/api/types'
import { readUpTo } from './conversationOrder'

/** What may be newer than an answer: an answer asked for later, my own marks, the last message's words, a message, its end. */
type Part = 'answer' | 'mine' | 'words' | 'message' | 'gone'

/** Answers come late: whatever was heard after one was asked for is newer than what it says. */
export function createFreshness() {
  let now = 0
  let begun = 0
  const heard = new Map<string, number>()

  return {
    /** To be taken before asking. */
    moment: () => (now += 1),
    note: (id: string, part: Part, at = (now += 1)) => void heard.set(`${part} ${id}`, at),
    isLate: (id: string, part: Part, asked: number) => (heard.get(`${part} ${id}`) ?? 0) > asked,
    /** Asked for by somebody else, or in another post. */
    isOfBefore: (asked: number) => asked <= begun,
    reset() {
      heard.clear()
      begun = now += 1
    },
  }
}

export interface Late {
  answer: boolean
  mine: boolean
  words: boolean
}

/** An answer put to what events brought: nothing falls back behind what is known already. */
export function withAnswer(known: Conversation | undefined, told: Conversation, late: Late): Conversation {
  if (!known) return told
  const [ahead, behind] = [known.last_seq > told.last_seq, known.last_seq < told.last_seq]
  const keepsWords = ahead || (!behind && (late.words || late.answer))
  const read_seq = Math.max(known.read_seq, told.read_seq)
  return {
    ...(late.answer ? known : told),
    my: late.answer || late.mine ? known.my : told.my,
    last_seq: Math.max(known.last_seq, told.last_seq),
    last_message: keepsWords ? known.last_message : told.last_message,
    updated_at: keepsWords ? known.updated_at : told.updated_at,
    read_seq,
    unread: unreadOf(known, told, read_seq),
    mentioned: mentionedOf(known, told, late.answer, read_seq),
  }
}

function unreadOf(known: Conversation, told: Conversation, read_seq: number): number {
  const last_seq = Math.max(known.last_seq, told.last_seq)
  // Only the server knows from which message on somebody who came later counts.
  const exact = [told, known].find((each) => each.last_seq === last_seq && each.read_seq === read_seq)
  return exact?.unread ?? Math.max(0, last_seq - read_seq)
}

function mentionedOf(
  known: Conversation,
  told: Conversation,
  late: boolean,
  read_seq: number,
): Conversation['mentioned'] {
  const [here, there] = [readUpTo(known.mentioned, read_seq), readUpTo(told.mentioned, read_seq)]
  if (late && known.last_seq >= told.last_seq) return here
  if (known.last_seq <= told.last_seq) return there
  // Each may have counted what the other has not heard of.
  if (!here || !there) return here ?? there
  return { count: Math.max(here.count, there.count), seq: Math.min(here.seq, there.seq) }
}
