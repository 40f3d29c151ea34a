import { computed, ref, watch } from 'vue'
import type { NewMessage } from '@/api/messaging'
import type { Audience, Message, Person } from '@/api/types'
import { useConnection } from '@/realtime/connection'
import { draftOf, keepDraft } from '../drafts'
import { filesContent } from '../files/tray'
import { useUploads } from '../files/uploads'
import { stillMentioned } from '../mentions'
import { ALL } from './mentionable'

const TYPING_EVERY_MS = 3_000
/** As many as the server takes in one message. */
export const MOST_FILES = 9

/** What a conversation's next message will be: its words, whom it mentions, its files, what it answers. */
export function useComposer(conversationId: string, replyTo: () => Message | null) {
  const uploads = useUploads()
  const connection = useConnection()
  const text = ref(draftOf(conversationId).text)
  const picked = ref<Person[]>([])
  /** The part of the organisation that is mentioned, under the words that stand for it. */
  const part = ref<{ text: string; audience: Audience } | null>(null)
  /** The readers of an announcement are asked to confirm it. */
  const confirm = ref(false)
  /** Send was pressed while files were on their way: it goes as soon as the last one has arrived. */
  const waiting = ref(false)
  let toldTyping = 0

  const attached = computed(() => uploads.in(conversationId).filter(({ voice }) => !voice))
  const ready = computed(() => attached.value.every(({ state }) => state === 'ready'))

  watch([text, replyTo], ([value, message]) =>
    keepDraft(conversationId, { text: value, replyTo: message?.seq ?? null }),
  )
  // Another of my devices wrote on.
  watch(
    () => draftOf(conversationId).text,
    (stored) => {
      if (stored !== text.value) text.value = stored
    },
  )
  watch(text, (value) => {
    if (!value.trim() || Date.now() - toldTyping < TYPING_EVERY_MS) return
    toldTyping = Date.now()
    connection.send('typing', { conversation_id: conversationId })
  })

  function takeMentions(words: string): NewMessage['mentions'] {
    const people = stillMentioned(words, picked.value)
    const ids = people.map(({ id }) => id).filter((id) => id !== ALL)
    const all = people.some(({ id }) => id === ALL)
    const audience = part.value && words.includes(`@${part.value.text}`) ? part.value.audience : null
    if (ids.length === 0 && !all && !audience) return undefined
    return { ...(ids.length > 0 && { official_ids: ids }), ...(all && { all: true }), ...(audience && { audience }) }
  }

  /** The message as it stands. */
  function asMessage(): NewMessage {
    const words = text.value.trim()
    const mentions = takeMentions(words)
    const reply = replyTo()
    return {
      ...(attached.value.length > 0 && { kind: 'file', content: filesContent(attached.value) }),
      // A message of files needs no words, and says none rather than empty ones.
      ...(words && { text: words }),
      ...(reply && { reply_to_seq: reply.seq }),
      ...(mentions && { mentions }),
      ...(confirm.value && { confirm: true }),
    }
  }

  function clear(): void {
    uploads.forget(attached.value.map(({ key }) => key))
    text.value = ''
    picked.value = []
    part.value = null
    confirm.value = false
    waiting.value = false
  }

  /** The message as it stands, and an empty field in its place. */
  function take(): NewMessage {
    const message = asMessage()
    clear()
    return message
  }

  return { text, picked, part, confirm, attached, ready, waiting, asMessage, clear, take }
}
