import { ref } from 'vue'

export const quickSearchOpen = ref(false)
/** The conversation in which to search; null for everything. */
export const quickSearchIn = ref<string | null>(null)

export function openQuickSearch(conversationId: string | null = null): void {
  quickSearchIn.value = conversationId
  quickSearchOpen.value = true
}
