import { shallowRef } from 'vue'
import type { Message, Official } from '@/api/types'
import { newClientId } from '@/offline/clientId'

export interface DingDraft {
  /** The same for every attempt: a repeat after a lost answer finds the first result. */
  clientId: string
  text: string
  message: { conversation_id: string; seq: number } | null
  officials: Official[]
  /** What became of it; null: it was not sent. */
  done: (id: string | null) => void
  /** Whoever began it stays where they are when it is sent. */
  stays: boolean
}

/** The DING that is being written, wherever in the product it was begun. */
export const dingDraft = shallowRef<DingDraft | null>(null)

interface Start {
  text?: string
  message?: Message
  officials?: Official[]
  stays?: boolean
}

/** The id of the DING that was sent, null if it was not. */
export function composeDing(start: Start = {}): Promise<string | null> {
  const { text = '', message, officials = [], stays = false } = start
  return new Promise((done) => {
    dingDraft.value = {
      clientId: newClientId(),
      text,
      message: message ? { conversation_id: message.conversation_id, seq: message.seq } : null,
      officials,
      done,
      stays,
    }
  })
}
