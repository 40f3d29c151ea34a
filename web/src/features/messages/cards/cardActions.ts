import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { cards } from '@/api'
import type { CardAction } from '@/api/cards'
import { newClientId } from '@/offline/clientId'
import { isWaiting, keyOf, withAction, type Pressed } from './pressed'

/** An event may be lost: what still waits is asked for again, so that nobody waits for ever. */
const ASK_AGAIN_MS = 8_000

/** The buttons of cards that I pressed, on this device or another, and what came of it. */
export const useCardActions = defineStore('cardActions', () => {
  const pressed = shallowRef<Pressed>({})
  const sending = ref(new Set<string>())
  const loaded = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function note(action: CardAction): void {
    pressed.value = withAction(pressed.value, action)
    watchWaiting()
  }

  async function fetch(conversationId: string): Promise<void> {
    const { items } = await cards.mine(conversationId)
    items.forEach(note)
  }

  /** Once for each conversation that shows a card with buttons. */
  async function load(conversationId: string): Promise<void> {
    if (loaded.has(conversationId)) return
    loaded.add(conversationId)
    await fetch(conversationId).catch(() => loaded.delete(conversationId))
  }

  async function refresh(): Promise<void> {
    await Promise.allSettled([...loaded].map(fetch))
    watchWaiting()
  }

  function watchWaiting(): void {
    clearTimeout(timer)
    if (isWaiting(pressed.value)) timer = setTimeout(() => void refresh(), ASK_AGAIN_MS)
  }

  async function press(conversationId: string, seq: number, buttonId: string): Promise<void> {
    const key = keyOf({ conversation_id: conversationId, seq, button_id: buttonId })
    if (sending.value.has(key)) return
    sending.value = new Set(sending.value).add(key)
    try {
      loaded.add(conversationId)
      note(await cards.press(conversationId, seq, buttonId, newClientId()))
    } finally {
      sending.value = new Set([...sending.value].filter((each) => each !== key))
    }
  }

  function reset(): void {
    clearTimeout(timer)
    pressed.value = {}
    loaded.clear()
  }

  return { pressed, sending, note, load, refresh, press, reset }
})
