import type { Message } from '@/api/types'
import { dayKey } from '@/lib/time'
import type { MessageBody } from '@/offline/outbox'
import type { EntryState, OutboxEntry } from '@/offline/queue'

export interface ChatRow {
  /** An own message keeps its key from the moment it is written until long after it is acknowledged. */
  key: string
  message: Message | null
  pending: { entry: OutboxEntry; state: EntryState; body: MessageBody } | null
  mine: boolean
  startsDay: string | null
  startsUnread: boolean
  /** Follows closely on the same sender: name and picture need not be shown again. */
  continued: boolean
}

/** Rows that did not change stay the same objects, so that only what changed is drawn again. */
export function keepUnchanged(before: ChatRow[], after: ChatRow[]): ChatRow[] {
  const known = new Map(before.map((row) => [row.key, row]))
  return after.map((row) => {
    const old = known.get(row.key)
    return old && isSame(old, row) ? old : row
  })
}

function isSame(a: ChatRow, b: ChatRow): boolean {
  return (
    a.message === b.message &&
    a.pending?.entry === b.pending?.entry &&
    a.mine === b.mine &&
    a.startsDay === b.startsDay &&
    a.startsUnread === b.startsUnread &&
    a.continued === b.continued
  )
}

const CLOSE_MS = 5 * 60_000

function follows(previous: Message | undefined, message: Message): boolean {
  if (!previous || previous.text === null || message.text === null) return false
  if (previous.kind === 'notice' || message.kind === 'notice') return false
  if (previous.sender.id !== message.sender.id) return false
  if (previous.sender.bot_id !== message.sender.bot_id) return false
  if (previous.sender.app_id !== message.sender.app_id) return false
  return Date.parse(message.created_at) - Date.parse(previous.created_at) < CLOSE_MS
}

export function chatRows(
  messages: Message[],
  entries: OutboxEntry[],
  officialId: string | null,
  unreadAfter: number | null,
): ChatRow[] {
  const rows = messages.map<ChatRow>((message, index) => {
    const previous = messages[index - 1]
    const startsDay = !previous || dayKey(previous.created_at) !== dayKey(message.created_at)
    const startsUnread =
      unreadAfter !== null &&
      message.seq > unreadAfter &&
      (previous?.seq ?? 0) <= unreadAfter &&
      message.sender.id !== officialId
    return {
      key: message.client_id ?? `seq-${message.seq}`,
      message,
      pending: null,
      mine: message.sender.id === officialId,
      startsDay: startsDay ? message.created_at : null,
      startsUnread,
      continued: !startsDay && !startsUnread && follows(previous, message),
    }
  })
  const acknowledged = new Set(messages.map((message) => message.client_id))
  const waiting = entries
    .filter((entry) => !acknowledged.has(entry.client_id))
    .map<ChatRow>((entry) => ({
      key: entry.client_id,
      message: null,
      pending: { entry, state: entry.state, body: entry.body as MessageBody },
      mine: true,
      startsDay: null,
      startsUnread: false,
      continued: true,
    }))
  return [...rows, ...waiting]
}
