import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { asProblem, messaging, type ApiProblem } from '@/api'
import type { Conversation, Draft, Message, MyConversation } from '@/api/types'
import { useSession } from '@/features/signin/session'
import { byAttention, noteMention, readUpTo } from './conversationOrder'
import { withEdit } from './changes'
import { withRecall, withRemoval, type Recall, type Removal } from './sequence'

export const useConversations = defineStore('conversations', () => {
  const session = useSession()
  const byId = ref(new Map<string, Conversation>())
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)

  const sorted = computed(() => [...byId.value.values()].sort(byAttention))
  /** What is muted does not call for attention; a mention in it does. */
  const unread = computed(() =>
    sorted.value.reduce(
      (sum, { my, unread: count, mentioned }) => sum + (my?.muted ? (mentioned?.count ?? 0) : count),
      0,
    ),
  )

  function upsert(list: Conversation[]): void {
    for (const conversation of list) {
      const known = byId.value.get(conversation.id)
      // An answer that left the server before our latest read must not bring the unread mark back.
      if (known && known.read_seq > conversation.read_seq) {
        conversation.read_seq = known.read_seq
        conversation.unread = Math.max(0, conversation.last_seq - known.read_seq)
        conversation.mentioned = readUpTo(conversation.mentioned, known.read_seq)
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
    } else if (message.kind === 'notice' && conversation.read_seq === message.seq - 1) {
      // Who had read everything has read what the group did, too.
      conversation.read_seq = message.seq
    } else if (message.seq > conversation.read_seq) {
      conversation.mentioned = noteMention(conversation.mentioned, message, session.officialId)
      // Only the server knows whether an audience has me in it.
      if (message.mentions?.audience) void refetch(conversation.id)
    }
    conversation.unread = Math.max(0, conversation.last_seq - conversation.read_seq)
    return true
  }

  /** A recall or an edit shows in the list when it is about the last message. */
  function changeLast(id: string, how: (messages: Message[]) => Message[]): void {
    const conversation = byId.value.get(id)
    if (conversation?.last_message) {
      conversation.last_message = how([conversation.last_message])[0] ?? null
    }
  }

  function noteRecall(id: string, recall: Recall): void {
    changeLast(id, (messages) => withRecall(messages, recall))
    // It may have been an unread mention of mine.
    if (byId.value.get(id)?.mentioned) void refetch(id)
  }

  function noteRemoval(id: string, removal: Removal): void {
    changeLast(id, (messages) => withRemoval(messages, removal))
    if (byId.value.get(id)?.mentioned) void refetch(id)
  }

  function noteMine(id: string, my: MyConversation): void {
    const conversation = byId.value.get(id)
    if (conversation) conversation.my = my
  }

  function noteDraft(id: string, draft: Draft | null): void {
    const conversation = byId.value.get(id)
    if (conversation?.my) conversation.my = { ...conversation.my, draft }
  }

  function noteRead(id: string, seq: number): void {
    const conversation = byId.value.get(id)
    if (!conversation || conversation.read_seq >= seq) return
    conversation.read_seq = seq
    conversation.unread = Math.max(0, conversation.last_seq - seq)
    const several = (conversation.mentioned?.count ?? 0) > 1
    conversation.mentioned = readUpTo(conversation.mentioned, seq)
    // Which of several mentions are left past the cursor, the server knows.
    if (several && !conversation.mentioned && conversation.unread > 0) void refetch(id)
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
    noteRemoval,
    noteEdit: (id: string, edit: Parameters<typeof withEdit>[1]) =>
      changeLast(id, (messages) => withEdit(messages, edit)),
    noteMine,
    noteDraft,
    noteRead,
    retain: (ids: Set<string>) => {
      for (const id of byId.value.keys()) if (!ids.has(id)) byId.value.delete(id)
    },
    remove: (id: string) => byId.value.delete(id),
    reset,
  }
})
