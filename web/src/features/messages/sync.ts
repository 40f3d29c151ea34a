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

  function apply(answer: SyncAnswer, asked: number): void {
    conversations.upsert(answer.conversations, asked)
    for (const id of answer.left) {
      conversations.remove(id, asked)
      if (!conversations.byId.has(id)) history.forget(id)
    }
    for (const { conversation_id, seq } of answer.changed) {
      void history.refresh(conversation_id, seq).catch(() => undefined)
    }
    assignments.value = answer.assignments
    dings.noteCount(answer.dings.unconfirmed)
  }

  /** Everything was told anew: what is not among it is gone, and what changed in it was not told one by one. */
  function settle(told: Set<string>, begun: number): void {
    for (const id of conversations.retain(told, begun)) history.forget(id)
    if (conversations.loaded) history.reset()
  }

  /** All pages. The next catching up begins where this one did if a page of it is lost. */
  async function pull(mine: number): Promise<boolean> {
    const begun = conversations.moment()
    const told = new Set<string>()
    let more = cursor
    for (;;) {
      const asked = conversations.moment()
      const answer: SyncAnswer = await messaging.sync(more)
      if (mine !== generation) return false
      apply(answer, asked)
      for (const { id } of answer.conversations) told.add(id)
      more = answer.next
      if (more) continue
      if (answer.complete) settle(told, begun)
      cursor = answer.cursor
      return true
    }
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
      if (!(await pull(mine))) return
      conversations.loaded = true
      conversations.problem = null
      await catchUpOpened()
      await outbox.flush()
    } catch (error) {
      if (mine !== generation) return
      const problem = asProblem(error)
      // A cursor that the server does not know (any more) is never going to do.
      if (problem.status === 422) cursor = null
      conversations.problem = problem
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
