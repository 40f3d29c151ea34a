import { defineStore } from 'pinia'
import { reactive, watch } from 'vue'
import { messaging } from '@/api'
import type { Conversation } from '@/api/types'
import { useAttention } from '@/lib/attention'
import { debounce } from '@/lib/debounce'

interface Count {
  read: number
  unread: number
}

const AT_ONCE = 3
const GATHER_MS = 350
/** Where more belong to a conversation, or an audience does, the server tells nobody who has just read. */
const RECEIPTS_UP_TO = 200
const FIRST_PAUSE_MS = 3_000
const LONGEST_PAUSE_MS = 300_000

/** Whether the server pushes receipts of this conversation. */
const isTold = ({ members }: Pick<Conversation, 'members'>) => members !== null && members <= RECEIPTS_UP_TO

/**
 * How many have read each own message that is on screen. Counts are fetched, never computed: only the server knows an
 * audience's size of the moment. A receipt makes the counts it may have changed stale; they are asked for again together.
 * Where no receipts come, they are asked for while somebody looks, ever more seldom: soon after a message most changes.
 */
export const useReadCounts = defineStore('read-counts', () => {
  const counts = reactive(new Map<string, Count>())
  const onScreen = new Map<string, { conversation: string; seq: number; told: boolean }>()
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

  const attentive = useAttention()
  let pause = FIRST_PAUSE_MS
  let timer: ReturnType<typeof setTimeout> | undefined

  function askAgain(): void {
    clearTimeout(timer)
    timer = setTimeout(() => {
      const untold = [...onScreen].filter(([key, place]) => !place.told && counts.get(key)?.unread !== 0)
      if (untold.length === 0 || !attentive.value) return
      for (const [key] of untold) stale.add(key)
      void fetchStale()
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
      askAgain()
    }, pause)
  }

  function askAgainSoon(): void {
    pause = FIRST_PAUSE_MS
    askAgain()
  }

  watch(attentive, (looking) => looking && askAgainSoon())

  function show(conversation: Pick<Conversation, 'id' | 'members'>, seq: number): void {
    const key = keyOf(conversation.id, seq)
    onScreen.set(key, { conversation: conversation.id, seq, told: isTold(conversation) })
    if (!isTold(conversation)) askAgainSoon()
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
    /** What the list of readers has just said. */
    learn: (conversation: string, seq: number, count: Count) => counts.set(keyOf(conversation, seq), count),
    reset() {
      fetchSoon.cancel()
      clearTimeout(timer)
      counts.clear()
      onScreen.clear()
      stale.clear()
    },
  }
})
