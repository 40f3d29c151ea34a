import { ref } from 'vue'

const CHECK_MS = 3_600_000
/** A newer shell that has been fetched and waits for the word. */
export const newerShell = ref<ServiceWorker | null>(null)
let registration: ServiceWorkerRegistration | null = null

/** Lets the client start without a network. Asks for newer versions now and then; takes none by itself. */
export async function keepShell(): Promise<void> {
  const workers = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker
  if (!workers || import.meta.env.DEV) return
  try {
    registration = await workers.register('/sw.js')
  } catch {
    // Without it everything works but starting offline.
    return
  }
  note(registration)
  registration.addEventListener('updatefound', () => {
    const found = registration?.installing
    found?.addEventListener('statechange', () => registration && note(registration))
  })
  setInterval(lookForNewer, CHECK_MS)
}

function note({ waiting, active }: ServiceWorkerRegistration): void {
  // The first one of all takes the place of none: nothing is newer.
  newerShell.value = active ? waiting : null
}

/** Worth asking after the server has been away: it may have come back as a newer one. */
export function lookForNewer(): void {
  void registration?.update().catch(() => undefined)
}

/** Begins again with the newer shell. Whoever calls sees to what is unsaved first. */
export function takeNewer(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  newerShell.value?.postMessage({ type: 'take-over' })
}
