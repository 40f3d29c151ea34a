import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { messaging, orgtree } from '@/api'
import type { Conversation } from '@/api/types'
import { useSession } from '@/features/signin/session'
import { allPages } from '@/lib/allPages'
import { debounce } from '@/lib/debounce'

export const ALL = 'all'
/** Stands for a part of the organisation, which is still to be chosen. */
export const PART = 'part'
const SHOWN = 20
const PAUSE_MS = 200

interface Candidate {
  id: string
  name: string
  detail: string
}

/** Whom a message here can mention: a group's members; where an audience belongs, whoever is found by name. */
export function useMentionable(conversation: () => Conversation, query: () => string) {
  const { t } = useI18n()
  const session = useSession()
  const people = shallowRef<Candidate[]>([])
  const searching = ref(false)
  const problem = ref(false)
  const listed = conversation().audience === null

  async function fetchPeople(): Promise<Candidate[]> {
    if (listed) {
      const members = await allPages((cursor) => messaging.members(conversation().id, cursor))
      return members.map(({ id, name, unit_name, post_title }) => ({
        id,
        name,
        detail: `${unit_name} ${post_title}`,
      }))
    }
    if (!query()) return []
    const { items } = await orgtree.searchOfficials(query())
    return items.map(({ id, name, posts }) => ({
      id,
      name,
      detail: posts[0] ? `${posts[0].unit.full_name} ${posts[0].title}` : '',
    }))
  }

  async function load(): Promise<void> {
    searching.value = true
    try {
      people.value = await fetchPeople()
      problem.value = false
    } catch {
      problem.value = true
    } finally {
      searching.value = false
    }
  }

  const loadSoon = debounce(() => void load(), PAUSE_MS)
  void load()
  if (!listed) watch(query, loadSoon)
  onScopeDispose(loadSoon.cancel)

  const shown = computed<Candidate[]>(() => {
    const wanted = query().toLowerCase()
    const everybody =
      conversation().may_manage && conversation().kind !== 'direct'
        ? [
            { id: ALL, name: t('chat.everybody'), detail: t('chat.everybodyDetail') },
            { id: PART, name: t('chat.part'), detail: t('chat.partDetail') },
          ]
        : []
    return [...everybody, ...people.value]
      .filter(({ id, name }) => id !== session.officialId && (name.toLowerCase().includes(wanted) || !listed))
      .slice(0, SHOWN)
  })

  return { shown, searching, problem }
}
