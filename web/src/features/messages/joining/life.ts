import { onScopeDispose } from 'vue'
import { joining } from '@/api'
import type { Life } from '@/api/joining'
import { useResource } from '@/lib/resource'
import { onPushed } from '@/realtime/connection'

/** How a group takes people in, kept up with who asks. */
export function useLife(conversationId: string) {
  const life = useResource<Life, []>(() => joining.life(conversationId))
  const reload = ({ conversation_id }: { conversation_id: string }) => {
    if (conversation_id === conversationId) void life.load()
  }
  void life.load()
  const ends = [onPushed('join_request.updated', reload), onPushed('conversation.updated', reload)]
  onScopeDispose(() => ends.forEach((end) => end()))
  return life
}
