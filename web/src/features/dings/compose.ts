import { shallowRef } from 'vue'
import type { Message, Official } from '@/api/types'
import { newClientId } from '@/offline/clientId'

export interface DingDraft {
  /** The same for every attempt: a repeat after a lost answer finds the first result. */
  clientId: string
  text: string
  message: { conversation_id: string; seq: number } | null
  officials: Official[]
}

/** The DING that is being written, wherever in the product it was begun. */
export const dingDraft = shallowRef<DingDraft | null>(null)

export function composeDing(start: { text?: string; message?: Message; officials?: Official[] } = {}): void {
  const { text = '', message, officials = [] } = start
  dingDraft.value = {
    clientId: newClientId(),
    text,
    message: message ? { conversation_id: message.conversation_id, seq: message.seq } : null,
    officials,
  }
}
