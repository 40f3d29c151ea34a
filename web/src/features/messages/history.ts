import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import { asProblem, messaging, type ApiProblem } from '@/api'
import type { Message, Page } from '@/api/types'
import { useSession } from '@/features/signin/session'
import { coalesce } from '@/lib/coalesce'
import { useOutbox } from '@/offline/outbox'
import { leavesGap, mergeMessages, shownOf, tailSeq, withFetched, type Stretches } from './sequence'

const PAGE = 40
const KEPT = 200
const CATCH_UP_PAGE = 200
/** Someone who was away for longer reads from the newest page; the older ones load as they scroll up. */
const CATCH_UP_LIMIT = 600
/** A message that is not further back than this is reached by loading all up to it; another one opens aside. */
const REACH_LIMIT = 400

export interface History extends Stretches {
  ready: boolean
  /** Something came while the first page was on its way. */
  behind: boolean
  loading: boolean
  problem: ApiProblem | null
  catchUp: () => Promise<void>
}

type Change = (messages: Message[]) => Message[]

/** The loaded stretches of each opened conversation: always without a hole, growing at both ends. */
export const useHistory = defineStore('history', () => {
  // Messages are replaced, never changed in place: nothing deeper needs to be watched.
  const histories = shallowReactive(new Map<string, History>())
  /** What is on its way, with what was heard of it meanwhile. */
  const underway = new Set<{ id: string; heard: Change[] }>()
  const outbox = useOutbox()
  const session = useSession()

  function of(id: string): History {
    let history = histories.get(id)
    if (!history) {
      history = shallowReactive<History>({
        messages: [],
        aside: null,
        ready: false,
        behind: false,
        loading: false,
        problem: null,
        catchUp: coalesce(() => fetchMissing(id)),
      })
      histories.set(id, history)
    }
    return history
  }

  /** A page with every change that was heard since it was asked for. */
  async function fetchPage(id: string, ask: () => Promise<Page<Message>>): Promise<Message[]> {
    const mine = { id, heard: [] as Change[] }
    underway.add(mine)
    try {
      const { items } = await ask()
      return mine.heard.reduce((messages, how) => how(messages), settle(items))
    } finally {
      underway.delete(mine)
    }
  }

  /** What comes back acknowledged needs not be sent again. */
  function settle(incoming: Message[]): Message[] {
    for (const message of incoming) {
      if (message.client_id && message.sender.id === session.officialId) {
        outbox.drop(message.client_id)
      }
    }
    return incoming
  }

  function accept(history: History, incoming: Message[]): void {
    history.messages = mergeMessages(history.messages, incoming)
  }

  async function open(id: string, lastSeq: number): Promise<void> {
    const history = of(id)
    if (history.ready) {
      history.aside = null
      // What was scrolled back to last time loads again when it is wanted again.
      history.messages = history.messages.slice(-KEPT)
      // What cannot be fetched now comes with the next sync.
      return history.catchUp().catch(() => undefined)
    }
    history.problem = null
    try {
      if (lastSeq > 0) {
        accept(history, await fetchPage(id, () => messaging.messagesBefore(id, lastSeq + 1, PAGE)))
      }
      history.ready = true
    } catch (error) {
      history.problem = asProblem(error)
      return
    }
    if (!history.behind) return
    history.behind = false
    await history.catchUp().catch(() => undefined)
  }

  async function grow(id: string, ask: () => Promise<Page<Message>>): Promise<void> {
    const history = of(id)
    if (history.loading) return
    history.loading = true
    try {
      const page = await fetchPage(id, ask)
      Object.assign(history, withFetched(history, page))
    } catch {
      // The next scroll to this end asks again.
    } finally {
      history.loading = false
    }
  }

  async function loadOlder(id: string): Promise<void> {
    const first = shownOf(of(id))[0]?.seq ?? 0
    if (first > 1) await grow(id, () => messaging.messagesBefore(id, first, PAGE))
  }

  /** What follows the stretch aside; what follows the live one is pushed. */
  async function loadNewer(id: string): Promise<void> {
    const { aside } = of(id)
    if (aside) await grow(id, () => messaging.messagesAfter(id, tailSeq(aside), PAGE))
  }

  async function fetchMissing(id: string): Promise<void> {
    const history = of(id)
    if (!history.ready) {
      history.behind = true
      return
    }
    for (let fetched = 0; fetched < CATCH_UP_LIMIT; fetched += CATCH_UP_PAGE) {
      const tail = tailSeq(history.messages)
      const items = await fetchPage(id, () => messaging.messagesAfter(id, tail, CATCH_UP_PAGE))
      accept(history, items)
      if (items.length < CATCH_UP_PAGE) return
    }
    histories.delete(id)
  }

  function receive(message: Message): void {
    const history = histories.get(message.conversation_id)
    if (!history || isOwnEcho(message)) return
    if (!history.ready) history.behind = true
    else if (leavesGap(history.messages, message.seq)) void history.catchUp().catch(() => undefined)
    else accept(history, settle([message]))
  }

  /** The push may overtake the answer to our own request; the answer carries the client_id, so it is the one to wait for. */
  function isOwnEcho(message: Message): boolean {
    if (message.client_id || message.sender.id !== session.officialId) return false
    return outbox
      .entriesFor(message.conversation_id)
      .some((entry) => (entry.body as { text?: string }).text === message.text)
  }

  /** Makes a message part of what is shown, however far back it lies; answers whether it is there now. */
  async function reach(id: string, seq: number): Promise<boolean> {
    const history = of(id)
    const has = (messages: Message[]) => messages.some((message) => message.seq === seq)
    if (has(shownOf(history))) return true
    history.aside = null
    const distance = (history.messages[0]?.seq ?? 0) - seq
    if (distance > REACH_LIMIT) {
      const items = await fetchPage(id, () => messaging.messagesAround(id, seq, PAGE))
      Object.assign(history, withFetched({ messages: history.messages, aside: [] }, items))
    } else if (distance > 0) {
      const first = history.messages[0]?.seq ?? 0
      for (let fetched = 0; fetched < distance; fetched += CATCH_UP_PAGE) {
        accept(history, await fetchPage(id, () => messaging.messagesBefore(id, first - fetched, CATCH_UP_PAGE)))
      }
    }
    return has(shownOf(history))
  }

  function toNewest(id: string): void {
    const history = histories.get(id)
    if (history) history.aside = null
  }

  async function refresh(id: string, seq: number): Promise<void> {
    const history = histories.get(id)
    const isIt = (message: Message) => message.seq === seq
    if (!history?.messages.some(isIt) && !history?.aside?.some(isIt)) return
    const items = await fetchPage(id, () => messaging.messagesAfter(id, seq - 1, 1))
    change(id, (messages) => (messages.some(isIt) ? mergeMessages(messages, items.filter(isIt)) : messages))
  }

  /** Applies a pushed change to the messages that are loaded, and to those that are being. */
  function change(id: string, how: Change): void {
    for (const page of underway) if (page.id === id) page.heard.push(how)
    const history = histories.get(id)
    if (!history) return
    history.messages = how(history.messages)
    if (history.aside) history.aside = how(history.aside)
  }

  return {
    of,
    find: (id: string) => histories.get(id),
    open,
    loadOlder,
    loadNewer,
    receive,
    refresh,
    reach,
    toNewest,
    change,
    openedIds: () => [...histories.keys()],
    forget: (id: string) => histories.delete(id),
    reset: () => histories.clear(),
  }
})
