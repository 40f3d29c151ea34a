import type { Confirmed, ConfirmState } from '@/api/announcing'
import type { Message } from '@/api/types'
import { patched } from '../changes'

/** From done to not even read, as the bar shows them. */
export const STATES: ConfirmState[] = ['confirmed', 'read', 'unread']

export interface Part {
  state: ConfirmState
  count: number
  percent: number
}

export function partsOf(counts: Confirmed): Part[] {
  return STATES.map((state) => ({
    state,
    count: counts[state],
    percent: counts.addressed === 0 ? 0 : (counts[state] / counts.addressed) * 100,
  }))
}

/** A recalled message asks for nothing any more, whatever arrives late. */
export function withConfirm(messages: Message[], seq: number, confirm: { confirmed_at: string | null }): Message[] {
  return patched(messages, seq, (message) => (message.confirm ? { confirm } : {}))
}
