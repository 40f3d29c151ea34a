import { BellFilled, ChatLineRound, Flag, Grid, User } from '@element-plus/icons-vue'
import { computed, type Component } from 'vue'
import { useRoute } from 'vue-router'
import { useDings } from '@/features/dings/dings'
import { useInbox } from '@/features/directives/inbox'
import { useConversations } from '@/features/messages/conversations'
import { useSession } from '@/features/signin/session'

export interface Destination {
  key: 'messages' | 'dings' | 'contacts' | 'directives' | 'workbench'
  icon: Component
  badge: number
  path: string
  active: boolean
}

/** The places of the product; an account without an official has no messages and receives no directives. */
export function useNavigation() {
  const session = useSession()
  const conversations = useConversations()
  const dings = useDings()
  const inbox = useInbox()
  const route = useRoute()

  return computed<Destination[]>(() => {
    const places: Omit<Destination, 'active'>[] = [
      { key: 'messages', icon: ChatLineRound, badge: conversations.unread, path: '/messages' },
      { key: 'dings', icon: BellFilled, badge: dings.unconfirmed, path: '/dings' },
      { key: 'contacts', icon: User, badge: 0, path: '/contacts' },
      { key: 'directives', icon: Flag, badge: inbox.waiting.length, path: '/directives' },
      { key: 'workbench', icon: Grid, badge: 0, path: '/workbench' },
    ]
    return places
      .filter(({ key }) => session.me?.official || key === 'contacts' || key === 'workbench')
      .map((place) => ({ ...place, active: route.path.startsWith(place.path) }))
  })
}
