import { defineStore } from 'pinia'
import { ref } from 'vue'
import { asProblem, messaging } from '@/api'
import type { SyncAnswer } from '@/api/types'
import { useDings } from '@/features/dings/dings'
import { coalesce } from '@/lib/coalesce'
import { useOutbox } from '@/offline/outbox'
import { useConversations } from './conversations'
import { useHistory } from './history'
import { tailSeq } from './sequence'

const RETRY_MS = 3_000
const nothing = () => ({ open: 0, overdue: 0, exercise: { open: 0, overdue: 0 } })

/** Catches up with everything that happened while this client did not listen. */
export const useSync = defineStore('sync', () => {
  const conversations = useConversations()
  const history = useHistory()
  const outbox = useOutbox()
  const dings = useDings()
  const assignments = ref(nothing())
  let cursor: string | null = null
  let retry: ReturnType<typeof setTimeout> | null = null
  let generation = 0

  function apply(answer: SyncAnswer): void {
    if (answer.complete) {
      const kept = new Set(answer.conversations.map(({ id }) => id))
      conversations.retain(kept)
    }
    conversations.upsert(answer.conversations)
    for (const id of answer.left) {
      conversations.remove(id)
      history.forget(id)
    }
    for (const { conversation_id, seq } of answer.changed) {
      void history.refresh(conversation_id, seq).catch(() => undefined)
    }
    assignments.value = answer.assignments
    dings.noteCount(answer.dings.unconfirmed)
  }

  async function catchUpOpened(): Promise<void> {
    const behind = history.openedIds().filter((id) => {
      const known = conversations.byId.get(id)
      return known && known.last_seq > tailSeq(history.of(id).messages)
    })
    await Promise.all(behind.map((id) => history.of(id).catchUp()))
  }

  const run = coalesce(async () => {
    const mine = generation
    if (retry) clearTimeout(retry)
    try {
      let more: string | null = cursor
      do {
        const answer: SyncAnswer = await messaging.sync(more)
        if (mine !== generation) return
        apply(answer)
        cursor = answer.cursor
        more = answer.next
      } while (more)
      conversations.loaded = true
      conversations.problem = null
      await catchUpOpened()
      await outbox.flush()
    } catch (error) {
      if (mine !== generation) return
      conversations.problem = asProblem(error)
      retry = setTimeout(() => void run(), RETRY_MS)
    }
  })

  function reset(): void {
    generation += 1
    if (retry) clearTimeout(retry)
    cursor = null
    assignments.value = nothing()
  }

  return { assignments, run, reset }
})
