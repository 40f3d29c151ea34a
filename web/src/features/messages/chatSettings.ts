import { defineStore } from 'pinia'
import { ref } from 'vue'
import { chat } from '@/api'
import type { ChatSettings } from '@/api/chat'

/** Until the server has told its own: the shortest times, and no reactions. */
const CAUTIOUS: ChatSettings = { recall_within: 120, edit_within: 0, reactions: [] }
const FREQUENT = 6

export const useChatSettings = defineStore('chat-settings', () => {
  const settings = ref(CAUTIOUS)
  let asked = false

  async function load(): Promise<void> {
    if (asked) return
    asked = true
    try {
      settings.value = await chat.settings()
    } catch {
      asked = false
    }
  }

  return {
    settings,
    load,
    emojiOf: (key: string) => settings.value.reactions.find((each) => each.key === key)?.emoji ?? key,
    frequent: () => settings.value.reactions.slice(0, FREQUENT),
  }
})
