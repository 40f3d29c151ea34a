import type { Confirmed, ConfirmState } from '@/api/announcing'
import type { Message } from '@/api/types'
import { partsIn } from '@/lib/descent'
import { patched } from '../changes'

/** From done to not even read, as the bar shows them. */
export const STATES: ConfirmState[] = ['confirmed', 'read', 'unread']

export const partsOf = (counts: Confirmed) => partsIn(STATES, counts)

/** A recalled message asks for nothing any more, whatever arrives late. */
export function withConfirm(messages: Message[], seq: number, confirm: { confirmed_at: string | null }): Message[] {
  return patched(messages, seq, (message) => (message.confirm ? { confirm } : {}))
}
