import { ref } from 'vue'

export const quickSearchOpen = ref(false)

export function openQuickSearch(): void {
  quickSearchOpen.value = true
}
