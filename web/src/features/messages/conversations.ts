import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { asProblem, messaging, type ApiProblem } from '@/api'
import type { Conversation, Draft, Message, MyConversation } from '@/api/types'
import { useSession } from '@/features/signin/session'
import { byAttention, noteMention, readUpTo } from './conversationOrder'
import { createFreshness, withAnswer } from './freshness'
import { withEdit } from './changes'
import { withRecall, withRemoval, type Recall, type Removal } from './sequence'

export const useConversations = defineStore('conversations', () => {
  const session = useSession()
  const byId = ref(new Map<string, Conversation>())
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)
  const fresh = createFreshness()

  const sorted = computed(() => [...byId.value.values()].sort(byAttention))
  /** What is muted does not call for attention; a mention in it does. */
  const unread = computed(() =>
    sorted.value.reduce(
      (sum, { my, unread: count, mentioned }) => sum + (my?.muted ? (mentioned?.count ?? 0) : count),
      0,
    ),
  )

  /** `asked` is the `moment` before the question; of an answer to what was just done here, now. */
  function upsert(list: Conversation[], asked = fresh.moment()): void {
    if (fresh.isOfBefore(asked)) return
    for (const told of list) {
      const { id } = told
      if (fresh.isLate(id, 'gone', asked)) continue
      const isLate = (part: 'answer' | 'mine' | 'words') => fresh.isLate(id, part, asked)
      const late = { answer: isLate('answer'), mine: isLate('mine'), words: isLate('words') }
      byId.value.set(id, withAnswer(byId.value.get(id), told, late))
      if (!late.answer) fresh.note(id, 'answer', asked)
    }
  }

  /** `asked`: before the answer that says so was asked for; left out where an event does. */
  function remove(id: string, asked = fresh.moment()): void {
    if (fresh.isLate(id, 'answer', asked)) return
    fresh.note(id, 'gone', asked)
    byId.value.delete(id)
  }

  /** These are all there were when it was asked for: others go, unless something was heard of them since. */
  function retain(ids: Set<string>, asked: number): string[] {
    const gone = [...byId.value.keys()].filter(
      (id) => !ids.has(id) && !fresh.isLate(id, 'answer', asked) && !fresh.isLate(id, 'message', asked),
    )
    for (const id of gone) byId.value.delete(id)
    return gone
  }

  async function refetch(id: string): Promise<void> {
    const asked = fresh.moment()
    try {
      upsert([await messaging.conversation(id)], asked)
    } catch (error) {
      if (asProblem(error).code === 'not_found' && !fresh.isLate(id, 'answer', asked)) byId.value.delete(id)
    }
  }

  /** Answers false when the conversation is not known yet and is being fetched. */
  function noteMessage(message: Message, lastSeq: number): boolean {
    const conversation = byId.value.get(message.conversation_id)
    if (!conversation) {
      void refetch(message.conversation_id)
      return false
    }
    fresh.note(conversation.id, 'message')
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

  /** A recall or an edit shows in the list when it is about the last message, or what that quotes. */
  function changeLast(id: string, seq: number, how: (messages: Message[]) => Message[]): void {
    const conversation = byId.value.get(id)
    if (!conversation || seq > conversation.last_seq) {
      // It overtook its message, or the answer that will bring the conversation.
      void refetch(id)
      return
    }
    fresh.note(id, 'words')
    if (conversation.last_message) {
      conversation.last_message = how([conversation.last_message])[0] ?? null
    }
  }

  /** What is gone may have been an unread mention of mine. */
  function takeAway(id: string, seq: number, how: (messages: Message[]) => Message[]): void {
    changeLast(id, seq, how)
    if (byId.value.get(id)?.mentioned) void refetch(id)
  }

  const noteRecall = (id: string, recall: Recall) =>
    takeAway(id, recall.seq, (messages) => withRecall(messages, recall))
  const noteRemoval = (id: string, removal: Removal) =>
    takeAway(id, Math.max(...removal.seqs), (messages) => withRemoval(messages, removal))
  const noteEdit = (id: string, edit: Parameters<typeof withEdit>[1]) =>
    changeLast(id, edit.seq, (messages) => withEdit(messages, edit))

  function noteMine(id: string, my: MyConversation): void {
    fresh.note(id, 'mine')
    const conversation = byId.value.get(id)
    if (conversation) conversation.my = my
  }

  function noteDraft(id: string, draft: Draft | null): void {
    const conversation = byId.value.get(id)
    if (conversation?.my) noteMine(id, { ...conversation.my, draft })
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
    fresh.reset()
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
    noteEdit,
    noteMine,
    noteDraft,
    noteRead,
    moment: fresh.moment,
    retain,
    remove,
    reset,
  }
})
