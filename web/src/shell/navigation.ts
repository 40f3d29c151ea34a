import { BellFilled, ChatLineRound, Flag, FolderOpened, Grid, Key, User } from '@element-plus/icons-vue'
import { computed, type Component } from 'vue'
import { useRoute } from 'vue-router'
import { useAccountDuties } from '@/features/accounts/duties'
import { useDings } from '@/features/dings/dings'
import { useInbox } from '@/features/directives/inbox'
import { useConversations } from '@/features/messages/conversations'
import { useDuties } from '@/features/records/duties'
import { useSession } from '@/features/signin/session'
import { useTodos } from '@/features/todos/todos'

export interface Destination {
  key: 'messages' | 'dings' | 'contacts' | 'directives' | 'workbench' | 'records' | 'accounts'
  icon: Component
  badge: number
  path: string
  active: boolean
}

/** What there is for an account that is no official's. */
const WITHOUT_OFFICIAL = new Set(['contacts', 'workbench', 'records', 'accounts'])

/** The places of the product; an account without an official has no messages and receives no directives. */
export function useNavigation() {
  const session = useSession()
  const conversations = useConversations()
  const dings = useDings()
  const inbox = useInbox()
  const todos = useTodos()
  const route = useRoute()
  const duties = useDuties()
  const accountDuties = useAccountDuties()

  return computed<Destination[]>(() => {
    const places: Omit<Destination, 'active'>[] = [
      { key: 'messages', icon: ChatLineRound, badge: conversations.unread, path: '/messages' },
      { key: 'dings', icon: BellFilled, badge: dings.unconfirmed, path: '/dings' },
      { key: 'contacts', icon: User, badge: 0, path: '/contacts' },
      { key: 'directives', icon: Flag, badge: inbox.waiting.length, path: '/directives' },
      { key: 'workbench', icon: Grid, badge: todos.counts.open, path: '/workbench' },
      { key: 'records', icon: FolderOpened, badge: 0, path: '/records' },
      { key: 'accounts', icon: Key, badge: 0, path: '/accounts' },
    ]
    return places
      .filter(({ key }) => key !== 'records' || duties.value.sees)
      .filter(({ key }) => key !== 'accounts' || accountDuties.value.sees)
      .filter(({ key }) => session.me?.official || WITHOUT_OFFICIAL.has(key))
      .map((place) => ({ ...place, active: route.path.startsWith(place.path) }))
  })
}
