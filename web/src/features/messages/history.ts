import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { asProblem, messaging, type ApiProblem } from '@/api'
import type { Message } from '@/api/types'
import { useSession } from '@/features/signin/session'
import { coalesce } from '@/lib/coalesce'
import { useOutbox } from '@/offline/outbox'
import { leavesGap, mergeMessages, tailSeq } from './sequence'

const PAGE = 40
const KEPT = 200
const CATCH_UP_PAGE = 200
/** Someone who was away for longer reads from the newest page; the older ones load as they scroll up. */
const CATCH_UP_LIMIT = 600
/** Further back than this, one searches instead of scrolling. */
const REACH_LIMIT = 2_000

export interface History {
  messages: Message[]
  ready: boolean
  loadingOlder: boolean
  problem: ApiProblem | null
  catchUp: () => Promise<void>
}

/** The loaded stretch of each opened conversation: always without a hole, growing at both ends. */
export const useHistory = defineStore('history', () => {
  // Messages are replaced, never changed in place: nothing deeper needs to be watched.
  const histories = shallowReactive(new Map<string, History>())
  const outbox = useOutbox()
  const session = useSession()

  function of(id: string): History {
    let history = histories.get(id)
    if (!history) {
      history = shallowReactive<History>({
        messages: [],
        ready: false,
        loadingOlder: false,
        problem: null,
        catchUp: coalesce(() => fetchMissing(id)),
      })
      histories.set(id, history)
    }
    return history
  }

  function accept(history: History, incoming: Message[]): void {
    for (const message of incoming) {
      if (message.client_id && message.sender.id === session.officialId) {
        outbox.drop(message.client_id)
      }
    }
    history.messages = mergeMessages(history.messages, incoming)
  }

  async function open(id: string, lastSeq: number): Promise<void> {
    const history = of(id)
    if (history.ready) {
      // What was scrolled back to last time loads again when it is wanted again.
      history.messages = history.messages.slice(-KEPT)
      return history.catchUp()
    }
    history.problem = null
    try {
      const page =
        lastSeq > 0 ? await messaging.messagesBefore(id, lastSeq + 1, PAGE) : { items: [] }
      accept(history, page.items)
      history.ready = true
    } catch (error) {
      history.problem = asProblem(error)
    }
  }

  async function loadOlder(id: string): Promise<void> {
    const history = of(id)
    const first = history.messages[0]?.seq ?? 0
    if (first <= 1 || history.loadingOlder) return
    history.loadingOlder = true
    try {
      accept(history, (await messaging.messagesBefore(id, first, PAGE)).items)
    } catch {
      // The next scroll to the top asks again.
    } finally {
      history.loadingOlder = false
    }
  }

  async function fetchMissing(id: string): Promise<void> {
    const history = of(id)
    if (!history.ready) return
    for (let fetched = 0; fetched < CATCH_UP_LIMIT; fetched += CATCH_UP_PAGE) {
      const tail = tailSeq(history.messages)
      const { items } = await messaging.messagesAfter(id, tail, CATCH_UP_PAGE)
      accept(history, items)
      if (items.length < CATCH_UP_PAGE) return
    }
    histories.delete(id)
  }

  function receive(message: Message): void {
    const history = histories.get(message.conversation_id)
    if (!history?.ready || isOwnEcho(message)) return
    if (leavesGap(history.messages, message.seq)) void history.catchUp().catch(() => undefined)
    else accept(history, [message])
  }

  /** The push may overtake the answer to our own request; the answer carries the client_id, so it is the one to wait for. */
  function isOwnEcho(message: Message): boolean {
    if (message.client_id || message.sender.id !== session.officialId) return false
    return outbox
      .entriesFor(message.conversation_id)
      .some((entry) => (entry.body as { text?: string }).text === message.text)
  }

  /** Loads back to a message, so that it can be shown; answers whether it is there now. */
  async function reach(id: string, seq: number): Promise<boolean> {
    const history = of(id)
    for (let fetched = 0; fetched < REACH_LIMIT; fetched += CATCH_UP_PAGE) {
      const first = history.messages[0]?.seq ?? 0
      if (first <= seq) break
      accept(history, (await messaging.messagesBefore(id, first, CATCH_UP_PAGE)).items)
    }
    return history.messages.some((message) => message.seq === seq)
  }

  async function refresh(id: string, seq: number): Promise<void> {
    const history = histories.get(id)
    if (!history?.messages.some((message) => message.seq === seq)) return
    const { items } = await messaging.messagesAfter(id, seq - 1, 1)
    accept(history, items)
  }

  /** Applies a pushed change to the messages that are loaded. */
  function change(id: string, how: (messages: Message[]) => Message[]): void {
    const history = histories.get(id)
    if (history) history.messages = how(history.messages)
  }

  return {
    of,
    find: (id: string) => histories.get(id),
    open,
    loadOlder,
    receive,
    refresh,
    reach,
    change,
    openedIds: () => [...histories.keys()],
    forget: (id: string) => histories.delete(id),
    reset: () => histories.clear(),
  }
})
