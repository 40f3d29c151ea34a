import { computed, ref, shallowRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Conversation, Message } from '@/api/types'
import { useNotify } from '@/lib/notify'
import { provideChat, type Anchor } from './chatContext'
import { useHistory } from './history'
import { shownOf } from './sequence'

export const MOST_SELECTED = 100

type MessageOverlay = 'readers' | 'confirmations' | 'comments' | 'reactors' | 'versions' | 'record'

/** What is open over a chat, one thing at a time. */
export type Overlay =
  | { kind: 'menu' | 'reactions'; message: Message; at: Anchor }
  | { kind: MessageOverlay; message: Message }
  | { kind: 'forward'; messages: Message[] }

/** The state of one open chat that its messages and its composer share. */
export function useChatPane(
  id: string,
  conversation: Readonly<Ref<Conversation | undefined>>,
  show: (seq: number) => Promise<boolean>,
) {
  const { t } = useI18n()
  const notify = useNotify()
  const histories = useHistory()
  const replyTo = ref<Message | null>(null)
  const editing = ref<Message | null>(null)
  const selected = ref<Set<number> | null>(null)
  const overlay = shallowRef<Overlay | null>(null)

  const chosen = computed(() => {
    const history = histories.find(id)
    return history ? shownOf(history).filter(({ seq }) => selected.value?.has(seq)) : []
  })

  function open(kind: MessageOverlay) {
    return (message: Message) => (overlay.value = { kind, message })
  }

  function toggle(seq: number): void {
    const next = new Set(selected.value)
    if (next.has(seq)) next.delete(seq)
    else if (next.size < MOST_SELECTED) next.add(seq)
    else notify.warn(t('chat.selectMost', { n: MOST_SELECTED }))
    selected.value = next
  }

  const context = provideChat({
    conversation,
    selected,
    reply(message) {
      editing.value = null
      replyTo.value = message
    },
    edit(message) {
      editing.value = message
    },
    forward: (messages) => (overlay.value = { kind: 'forward', messages }),
    startSelecting: ({ seq }) => (selected.value = new Set([seq])),
    toggle,
    openMenu: (message, at) => (overlay.value = { kind: 'menu', message, at }),
    openReactions: (message, at) => (overlay.value = { kind: 'reactions', message, at }),
    showReaders: open('readers'),
    showConfirmations: open('confirmations'),
    showComments: open('comments'),
    showReactors: open('reactors'),
    showVersions: open('versions'),
    showRecord: open('record'),
    async jumpTo(seq) {
      const found = await show(seq).catch(() => false)
      if (!found) notify.warn(t('chat.tooFarBack'))
    },
  })

  /** Escape, or the cross: first the edit, then the quote. */
  function cancel(): void {
    if (editing.value) editing.value = null
    else replyTo.value = null
  }

  return { replyTo, editing, selected, chosen, overlay, cancel, jumpTo: context.jumpTo }
}
