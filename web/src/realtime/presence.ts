import { defineStore } from 'pinia'
import { onScopeDispose, reactive, watch } from 'vue'
import { debounce } from '@/lib/debounce'
import { onPushed, useConnection } from './connection'

const RENEW_MS = 60_000
const GATHER_MS = 50
/** The server lets one socket watch no more; those shown last are watched. */
const MOST_WATCHED = 100

interface Answer {
  items?: { official_id: string; online: boolean }[]
}

/** Who is online, of those on screen. A socket watches one list of people, which all that show somebody share. */
export const usePresence = defineStore('presence', () => {
  const connection = useConnection()
  /** By how many places each is shown. */
  const shown = new Map<string, number>()
  const online = reactive(new Map<string, boolean>())

  function ask(): void {
    if (!connection.connected) return online.clear()
    const official_ids = [...shown.keys()].slice(-MOST_WATCHED)
    // Of the others nothing is heard any more.
    const watched = new Set(official_ids)
    for (const id of online.keys()) if (!watched.has(id)) online.delete(id)
    connection.ask<Answer>('presence.watch', { official_ids }, ({ items = [] }) => {
      for (const item of items) if (shown.has(item.official_id)) online.set(item.official_id, item.online)
    })
  }

  const askSoon = debounce(ask, GATHER_MS)
  watch(() => connection.connected, ask)
  // The server forgets what was watched by an old post.
  onPushed('rooms.resync', askSoon)
  onPushed('presence.updated', ({ official_id, online: now }) => {
    if (shown.has(official_id)) online.set(official_id, now)
  })
  setInterval(() => shown.size > 0 && ask(), RENEW_MS)

  function show(ids: readonly string[]): void {
    for (const id of ids) {
      const places = shown.get(id) ?? 0
      // To the end: it is shown last.
      shown.delete(id)
      shown.set(id, places + 1)
    }
    if (ids.length > 0) askSoon()
  }

  function hide(ids: readonly string[]): void {
    for (const id of ids) {
      const left = (shown.get(id) ?? 1) - 1
      if (left > 0) {
        shown.set(id, left)
      } else {
        shown.delete(id)
        online.delete(id)
      }
    }
    if (ids.length > 0) askSoon()
  }

  return { online, show, hide }
})

/** Whether each of these is online, null while nobody knows; watched as long as whoever asks is on screen. */
export function useOnline(ids: () => readonly string[]): (id: string) => boolean | null {
  const presence = usePresence()
  let mine: readonly string[] = []

  function follow(now: readonly string[]): void {
    presence.show(now)
    presence.hide(mine)
    mine = now
  }

  watch(() => [...ids()], follow, { immediate: true })
  onScopeDispose(() => follow([]))
  return (id) => presence.online.get(id) ?? null
}
