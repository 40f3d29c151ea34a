import { ref } from 'vue'

export type Permission = NotificationPermission | 'unsupported'

const permission = ref<Permission>(typeof Notification === 'undefined' ? 'unsupported' : Notification.permission)

export interface Note {
  /** What comes later under the same tag takes the place of the former. */
  tag: string
  title: string
  body: string
  /** Where a click leads. */
  path: string
  stays: boolean
}

/** Browsers ask only once, and only in answer to a click: nothing but a button may call this. */
export async function askPermission(): Promise<void> {
  if (permission.value !== 'unsupported') permission.value = await Notification.requestPermission()
}

export function usePermission() {
  return permission
}

async function worker(): Promise<ServiceWorkerRegistration | undefined> {
  return (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker?.getRegistration()
}

export async function showNote({ tag, title, body, path, stays }: Note): Promise<void> {
  if (permission.value !== 'granted') return
  const options = { tag, body, icon: '/icon-192.png', requireInteraction: stays, silent: true, renotify: true, data: { path } }
  const registration = await worker()
  if (registration?.active) return registration.showNotification(title, options)
  const note = new Notification(title, options)
  note.onclick = () => {
    window.focus()
    window.dispatchEvent(new CustomEvent('zzd:open', { detail: path }))
    note.close()
  }
}

/** What was dealt with, here or on another device, need not be told any longer. */
export async function closeNotes(tag: string): Promise<void> {
  const notes = await (await worker())?.getNotifications({ tag })
  notes?.forEach((note) => note.close())
}
