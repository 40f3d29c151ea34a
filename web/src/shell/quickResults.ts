import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { orgtree } from '@/api'
import type { ConversationKind, Official, Unit } from '@/api/types'
import { showOfficial } from '@/features/contacts/officialCard'
import { useConversations } from '@/features/messages/conversations'
import { debounce } from '@/lib/debounce'

interface Result {
  id: string
  title: string
  detail: string
  kind: ConversationKind
  open: () => void
}

const PAUSE_MS = 200
const SHOWN = 6

/** Conversations from what is loaded, officials and units from the server, as one list in three groups. */
export function useQuickResults(query: Ref<string>) {
  const router = useRouter()
  const conversations = useConversations()
  const officials = ref<Official[]>([])
  const units = ref<Unit[]>([])
  const searching = ref(false)
  let current: AbortController | null = null

  const matching = computed<Result[]>(() => {
    const wanted = query.value.trim().toLowerCase()
    return conversations.sorted
      .filter((item) => item.name.toLowerCase().includes(wanted))
      .slice(0, SHOWN)
      .map((item) => ({
        id: item.id,
        title: item.name,
        detail: item.last_message?.text ?? '',
        kind: item.kind,
        open: () => void router.push({ name: 'messages', params: { id: item.id } }),
      }))
  })

  const groups = computed(() =>
    [
      { key: 'shell.quickConversations', items: matching.value },
      {
        key: 'shell.quickOfficials',
        items: officials.value.slice(0, SHOWN).map<Result>((item) => ({
          id: item.id,
          title: item.name,
          detail: item.posts[0] ? `${item.posts[0].unit.full_name} · ${item.posts[0].title}` : '',
          kind: 'direct',
          open: () => showOfficial(item),
        })),
      },
      {
        key: 'shell.quickUnits',
        items: units.value.slice(0, SHOWN).map<Result>((item) => ({
          id: item.id,
          title: item.name,
          detail: item.full_name,
          kind: 'org_group',
          open: () => void router.push({ name: 'contacts', params: { unitId: item.id } }),
        })),
      },
    ].filter((group) => group.items.length > 0),
  )

  async function ask(): Promise<void> {
    const wanted = query.value.trim()
    const mine = new AbortController()
    current = mine
    const [people, places] = await Promise.allSettled([
      orgtree.searchOfficials(wanted, mine.signal),
      orgtree.searchUnits(wanted, mine.signal),
    ])
    if (current !== mine) return
    officials.value = people.status === 'fulfilled' ? people.value.items : []
    units.value = places.status === 'fulfilled' ? places.value.items : []
    searching.value = false
  }

  const askSoon = debounce(() => void ask(), PAUSE_MS)

  watch(query, (text) => {
    current?.abort()
    current = null
    askSoon.cancel()
    searching.value = text.trim() !== ''
    if (searching.value) return askSoon()
    officials.value = []
    units.value = []
  })
  onScopeDispose(askSoon.cancel)

  return { groups, searching }
}
