import { onScopeDispose, ref, watch } from 'vue'
import type { Conversation, Message } from '@/api/types'
import { onPushed, useConnection } from '@/realtime/connection'

const RENEW_MS = 60_000

interface Answer {
  ok?: boolean
  items?: { official_id: string; online: boolean }[]
}

/** The other one of a direct conversation, who is known once they have written. */
export function otherIn(
  conversation: Conversation | undefined,
  messages: Message[],
  officialId: string | null,
): string | null {
  if (conversation?.kind !== 'direct') return null
  return messages.find(({ sender }) => sender.id !== officialId)?.sender.id ?? null
}

/** Whether somebody on screen is online; null while nobody knows. Watched only as long as it is shown. */
export function usePresence(officialId: () => string | null) {
  const online = ref<boolean | null>(null)
  const connection = useConnection()

  function ask(): void {
    const id = officialId()
    if (!id || !connection.connected) return void (online.value = null)
    connection.ask<Answer>('presence.watch', { official_ids: [id] }, (answer) => {
      const mine = answer.items?.find((item) => item.official_id === id)
      if (officialId() === id) online.value = mine?.online ?? null
    })
  }

  const timer = setInterval(ask, RENEW_MS)
  watch([officialId, () => connection.connected], ask, { immediate: true })
  const end = onPushed('presence.updated', ({ official_id, online: now }) => {
    if (official_id === officialId()) online.value = now
  })
  onScopeDispose(() => {
    clearInterval(timer)
    end()
    if (online.value !== null) connection.send('presence.watch', { official_ids: [] })
  })

  return online
}
