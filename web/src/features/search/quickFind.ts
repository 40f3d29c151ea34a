import { computed, onScopeDispose, ref, watch } from 'vue'
import { orgtree, search } from '@/api'
import type { Found, SearchRequest, Section } from '@/api/search'
import type { Unit } from '@/api/types'
import { useAction } from '@/lib/action'
import { debounce } from '@/lib/debounce'
import { useResource } from '@/lib/resource'
import { appended, FILTERED, momentsOf, sectionsOf } from './results'

const PAUSE_MS = 220
const UNITS = 5

/** What is typed, where it is sought, and what was found; asked for once the typing pauses. */
export function useQuickFind() {
  const query = ref('')
  const section = ref<Section | 'all'>('all')
  const conversationId = ref<string | null>(null)
  const senderId = ref<string | null>(null)
  const first = ref<Date | null>(null)
  const last = ref<Date | null>(null)
  const more = useAction()

  function request(): SearchRequest {
    const filters = FILTERED.includes(section.value)
      ? { conversation_id: conversationId.value, sender_id: senderId.value, ...momentsOf(first.value, last.value) }
      : {}
    return { q: query.value.trim(), in: section.value, ...filters }
  }

  const answer = useResource<{ found: Found; units: Unit[] }, []>(async (signal) => {
    const wanted = request()
    const [found, units] = await Promise.all([
      search.find(wanted, signal),
      // Units are a way in besides; without them the rest is still worth showing.
      wanted.in === 'all' ? orgtree.searchUnits(wanted.q, signal).catch(() => null) : null,
    ])
    return { found, units: units?.items.slice(0, UNITS) ?? [] }
  })
  const loadSoon = debounce(() => void answer.load(), PAUSE_MS)

  watch(query, (text) => {
    loadSoon.cancel()
    if (text.trim()) loadSoon()
    else answer.clear()
  })
  watch([section, conversationId, senderId, first, last], () => {
    loadSoon.cancel()
    answer.clear()
    if (query.value.trim()) void answer.load()
  })
  onScopeDispose(loadSoon.cancel)

  async function loadMore(): Promise<void> {
    const [before, wanted] = [answer.data.value, request()]
    if (!before || wanted.in === 'all') return
    const kind = wanted.in
    await more.run(async () => {
      const page = await search.find({ ...wanted, cursor: before.found[kind]?.next })
      if (answer.data.value === before) {
        answer.data.value = { ...before, found: appended(before.found, page, kind) }
      }
    })
  }

  const sections = computed(() => sectionsOf(answer.data.value?.found ?? null, answer.data.value?.units ?? []))

  return {
    query,
    section,
    conversationId,
    senderId,
    first,
    last,
    answer,
    sections,
    loadMore,
    loadingMore: more.busy,
  }
}
