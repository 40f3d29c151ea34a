import { computed, readonly, shallowRef } from 'vue'

interface InstallPrompt extends Event {
  prompt(): Promise<unknown>
}

/** What the browser offers once it holds the client for installable; some only have it in their own menu. */
const offer = shallowRef<InstallPrompt | null>(null)

window.addEventListener('beforeinstallprompt', (event) => {
  event.preventDefault()
  offer.value = event as InstallPrompt
})
window.addEventListener('appinstalled', () => (offer.value = null))

export function useInstallable() {
  return readonly(computed(() => offer.value !== null))
}

export async function install(): Promise<void> {
  await offer.value?.prompt()
  offer.value = null
}
