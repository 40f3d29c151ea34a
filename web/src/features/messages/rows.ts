import type { Message } from '@/api/types'
import { dayKey } from '@/lib/time'
import type { MessageBody } from '@/offline/outbox'
import type { EntryState, OutboxEntry } from '@/offline/queue'

export interface ChatRow {
  /** An own message keeps its key from the moment it is written until long after it is acknowledged. */
  key: string
  message: Message | null
  pending: { entry: OutboxEntry; state: EntryState; text: string } | null
  mine: boolean
  startsDay: string | null
  startsUnread: boolean
  /** Follows closely on the same sender: name and picture need not be shown again. */
  continued: boolean
}

const CLOSE_MS = 5 * 60_000

function follows(previous: Message | undefined, message: Message): boolean {
  if (!previous || previous.text === null || message.text === null) return false
  if (previous.sender.id !== message.sender.id) return false
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
      pending: { entry, state: entry.state, text: (entry.body as MessageBody).text },
      mine: true,
      startsDay: null,
      startsUnread: false,
      continued: true,
    }))
  return [...rows, ...waiting]
}
