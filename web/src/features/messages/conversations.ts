import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { asProblem, messaging, type ApiProblem } from '@/api'
import type { Conversation, Message } from '@/api/types'
import { useSession } from '@/features/signin/session'

function activity(conversation: Conversation): string {
  return conversation.last_message?.created_at ?? conversation.updated_at
}

export const useConversations = defineStore('conversations', () => {
  const session = useSession()
  const byId = ref(new Map<string, Conversation>())
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)

  const sorted = computed(() =>
    [...byId.value.values()].sort((a, b) => activity(b).localeCompare(activity(a))),
  )
  const unread = computed(() => sorted.value.reduce((sum, item) => sum + item.unread, 0))

  function upsert(list: Conversation[]): void {
    for (const conversation of list) {
      const known = byId.value.get(conversation.id)
      // An answer that left the server before our latest read must not bring the unread mark back.
      if (known && known.read_seq > conversation.read_seq) {
        conversation.read_seq = known.read_seq
        conversation.unread = Math.max(0, conversation.last_seq - known.read_seq)
      }
      byId.value.set(conversation.id, conversation)
    }
  }

  async function refetch(id: string): Promise<void> {
    try {
      upsert([await messaging.conversation(id)])
    } catch (error) {
      if (asProblem(error).code === 'not_found') byId.value.delete(id)
    }
  }

  /** Answers false when the conversation is not known yet and is being fetched. */
  function noteMessage(message: Message, lastSeq: number): boolean {
    const conversation = byId.value.get(message.conversation_id)
    if (!conversation) {
      void refetch(message.conversation_id)
      return false
    }
    conversation.last_seq = Math.max(conversation.last_seq, lastSeq, message.seq)
    if (message.seq >= (conversation.last_message?.seq ?? 0)) {
      conversation.last_message = message
      conversation.updated_at = message.created_at
    }
    if (message.sender.id === session.officialId) {
      conversation.read_seq = Math.max(conversation.read_seq, message.seq)
    }
    conversation.unread = Math.max(0, conversation.last_seq - conversation.read_seq)
    return true
  }

  function noteRecall(id: string, seq: number, recalledAt: string): void {
    const last = byId.value.get(id)?.last_message
    if (last?.seq === seq) Object.assign(last, { text: null, recalled_at: recalledAt })
  }

  function noteRead(id: string, seq: number): void {
    const conversation = byId.value.get(id)
    if (!conversation || conversation.read_seq >= seq) return
    conversation.read_seq = seq
    conversation.unread = Math.max(0, conversation.last_seq - seq)
  }

  function reset(): void {
    byId.value = new Map()
    loaded.value = false
    problem.value = null
  }

  return {
    byId,
    sorted,
    unread,
    loaded,
    problem,
    upsert,
    refetch,
    noteMessage,
    noteRecall,
    noteRead,
    retain: (ids: Set<string>) => {
      for (const id of byId.value.keys()) if (!ids.has(id)) byId.value.delete(id)
    },
    remove: (id: string) => byId.value.delete(id),
    reset,
  }
})
