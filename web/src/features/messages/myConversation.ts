import { chat } from '@/api'
import { useConversations } from './conversations'

/** Opening a conversation that was put aside takes the mark away. */
export async function clearMarkedUnread(id: string): Promise<void> {
  const conversations = useConversations()
  if (!conversations.byId.get(id)?.my?.marked_unread) return
  try {
    conversations.upsert([await chat.setMine(id, { marked_unread: false })])
  } catch {
    // The mark stays; the next opening takes it away.
  }
}
