import { onScopeDispose, watch, type Ref, type ShallowRef } from 'vue'
import { messaging } from '@/api'
import type { Conversation } from '@/api/types'
import { useAttention } from '@/lib/attention'
import { debounce } from '@/lib/debounce'
import { useConversations } from './conversations'

const PAUSE_MS = 250

/**
 * Advances the read cursor to the last message that stands before the reader's eyes, and never past it. A stretch that
 * was opened `aside` leaves it alone: what lies before that stretch has not been looked at.
 */
export function useReadCursor(
  conversation: () => Conversation,
  container: Readonly<ShallowRef<HTMLElement | null>>,
  moved: Ref<number>,
  aside: Readonly<Ref<boolean>>,
) {
  const attentive = useAttention()
  const conversations = useConversations()
  let told = 0

  function lastVisibleSeq(): number {
    const element = container.value
    if (!element) return 0
    const bottom = element.getBoundingClientRect().bottom
    const rows = element.querySelectorAll<HTMLElement>('[data-seq]')
    for (let index = rows.length - 1; index >= 0; index -= 1) {
      const row = rows[index]
      if (row && row.getBoundingClientRect().top < bottom - 12) return Number(row.dataset.seq)
    }
    return 0
  }

  async function advance(): Promise<void> {
    if (!attentive.value || aside.value) return
    const { id, read_seq } = conversation()
    const seq = lastVisibleSeq()
    if (seq <= Math.max(read_seq, told)) return
    told = seq
    try {
      await messaging.markRead(id, seq)
      conversations.noteRead(id, seq)
    } catch {
      told = 0
    }
  }

  const look = debounce(() => void advance(), PAUSE_MS)
  watch([attentive, moved, aside, () => conversation().last_seq], look, { flush: 'post' })
  onScopeDispose(look.cancel)

  return { look }
}
