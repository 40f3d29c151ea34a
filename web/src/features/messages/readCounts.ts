import { defineStore } from 'pinia'
import { reactive } from 'vue'
import { messaging } from '@/api'
import { debounce } from '@/lib/debounce'

interface Count {
  read: number
  unread: number
}

const AT_ONCE = 3
const GATHER_MS = 350

/**
 * How many have read each own message that is on screen. Counts are fetched, never computed: only the server knows an
 * audience's size of the moment. A receipt makes the counts it may have changed stale; they are asked for again together.
 */
export const useReadCounts = defineStore('read-counts', () => {
  const counts = reactive(new Map<string, Count>())
  const onScreen = new Map<string, { conversation: string; seq: number }>()
  const stale = new Set<string>()

  const keyOf = (conversation: string, seq: number) => `${conversation}/${seq}`

  async function fetchOne(key: string): Promise<void> {
    const place = onScreen.get(key)
    if (!place) return
    try {
      const { read, unread } = await messaging.readers(place.conversation, place.seq, 'read', 1)
      counts.set(key, { read, unread })
    } catch {
      // Left without a number; the next receipt or the next showing asks again.
    }
  }

  async function fetchStale(): Promise<void> {
    const keys = [...stale]
    stale.clear()
    for (let index = 0; index < keys.length; index += AT_ONCE) {
      await Promise.all(keys.slice(index, index + AT_ONCE).map(fetchOne))
    }
  }

  const fetchSoon = debounce(() => void fetchStale(), GATHER_MS)

  function show(conversation: string, seq: number): void {
    const key = keyOf(conversation, seq)
    onScreen.set(key, { conversation, seq })
    if (counts.has(key)) return
    stale.add(key)
    fetchSoon()
  }

  function noteReceipt(conversation: string, readSeq: number): void {
    for (const [key, place] of onScreen) {
      if (place.conversation !== conversation || place.seq > readSeq) continue
      if (counts.get(key)?.unread !== 0) stale.add(key)
    }
    if (stale.size > 0) fetchSoon()
  }

  return {
    show,
    hide: (conversation: string, seq: number) => onScreen.delete(keyOf(conversation, seq)),
    of: (conversation: string, seq: number) => counts.get(keyOf(conversation, seq)) ?? null,
    noteReceipt,
    reset() {
      fetchSoon.cancel()
      counts.clear()
      onScreen.clear()
      stale.clear()
    },
  }
})
