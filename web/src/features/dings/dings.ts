import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { asProblem, dings } from '@/api'
import type { Answer, Ding } from '@/api/dings'
import { useSession } from '@/features/signin/session'
import { coalesce } from '@/lib/coalesce'
import { asMine, NOTHING, waits, withCount, withDing, withMy, without, type Waiting } from './waiting'

const RETRY_MS = 3_000

type Change = (known: Waiting) => Waiting

/** The DINGs that wait for my confirmation. */
export const useDings = defineStore('dings', () => {
  const session = useSession()
  const waiting = shallowRef(NOTHING)
  /** Put off by their reader for now; a repetition brings them back. */
  const putOff = ref(new Set<string>())
  /** What was heard since the list was asked for, which its answer may not know yet. */
  let heard: Change[] | null = null
  let generation = 0
  let retry: ReturnType<typeof setTimeout> | null = null

  const unconfirmed = computed(() => waiting.value.items.length + waiting.value.beyond)
  const urgent = computed(() => waiting.value.items.filter(({ id }) => !putOff.value.has(id)))

  const refresh = coalesce(async () => {
    const mine = generation
    if (retry) clearTimeout(retry)
    const meanwhile: Change[] = (heard = [])
    try {
      const page = await dings.received('unconfirmed', null)
      if (mine !== generation) return
      const { beyond } = waiting.value
      const told = { items: page.items, beyond: page.next ? Math.max(1, beyond) : 0 }
      waiting.value = meanwhile.reduce((known, how) => how(known), told)
      void tell(page.items.filter(({ my }) => !my?.delivered_at), 'delivered')
    } catch (error) {
      // It is asked again at every reconnect; what the network broke off, also before that.
      if (mine === generation && asProblem(error).isTransient) {
        retry = setTimeout(() => void refresh(), RETRY_MS)
      }
    } finally {
      heard = null
    }
  })

  /** A receipt that is lost is told again when the DING is next fetched or looked at. */
  async function tell(some: Ding[], kind: 'delivered' | 'read'): Promise<void> {
    if (some.length === 0) return
    const answer = await dings.tell(some.map(({ id }) => id), kind).catch(() => ({ items: [] }))
    answer.items.forEach(noteAnswer)
  }

  function change(how: Change): void {
    waiting.value = how(waiting.value)
    heard?.push(how)
  }

  function noteAnswer({ id, my }: Pick<Answer, 'id' | 'my'>): void {
    change((known) => withMy(known, id, my))
  }

  function receive(ding: Ding): void {
    if (ding.sender.id === session.officialId) return
    const mine = asMine(ding, waiting.value.items.find(({ id }) => id === ding.id)?.my)
    if (!waits(mine)) return
    change((known) => withDing(known, mine))
    putOff.value.delete(ding.id)
    void tell([mine], 'delivered')
  }

  /** Not waiting for it may mean that I confirmed, or that I never heard of it: the server knows. */
  async function receiveAgain(ding: Ding): Promise<void> {
    if (ding.sender.id === session.officialId) return
    if (waiting.value.items.some(({ id }) => id === ding.id)) return receive(ding)
    const fresh = await dings.one(ding.id).catch(() => null)
    if (fresh && waits(fresh)) receive(fresh)
  }

  async function confirm(ding: Ding): Promise<Answer> {
    const answer = await dings.confirm(ding.id)
    noteAnswer(answer)
    return answer
  }

  function reset(): void {
    generation += 1
    if (retry) clearTimeout(retry)
    waiting.value = NOTHING
    putOff.value = new Set()
  }

  return {
    waiting,
    unconfirmed,
    urgent,
    refresh,
    receive,
    receiveAgain,
    noteAnswer,
    noteCount: (count: number) => (waiting.value = withCount(waiting.value, count)),
    noteCancelled: (id: string) => change((known) => without(known, id)),
    noteRead: (ding: Ding) => tell([ding], 'read'),
    later: (id: string) => putOff.value.add(id),
    recallPutOff: () => putOff.value.clear(),
    confirm,
    reset,
  }
})
