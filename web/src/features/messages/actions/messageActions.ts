import { ElMessageBox } from 'element-plus'
import 'element-plus/es/components/message-box/style/css'
import { useI18n } from 'vue-i18n'
import { chat, messaging } from '@/api'
import type { Message, Reaction } from '@/api/types'
import { useAction } from '@/lib/action'
import { copyText } from '@/lib/copy'
import { patched, withEdit, withPins } from '../changes'
import { useConversations } from '../conversations'
import { useHistory } from '../history'
import { withRecall } from '../sequence'

/** What can be done to a message at the server: done there first, then shown; a refusal is told and changes nothing. */
export function useMessageActions() {
  const { t } = useI18n()
  const action = useAction()
  const history = useHistory()
  const conversations = useConversations()

  async function recall(message: Message): Promise<void> {
    const sure = await ElMessageBox.confirm(t('messages.recallAsk'), {
      title: t('messages.recall'),
      confirmButtonText: t('messages.recall'),
    }).catch(() => null)
    if (!sure) return
    await action.run(async () => {
      const done = await messaging.recall(message.conversation_id, message.seq)
      const recalled = { ...done, recalled_at: done.recalled_at ?? '' }
      history.change(message.conversation_id, (messages) => withRecall(messages, recalled))
      conversations.noteRecall(message.conversation_id, recalled)
    })
  }

  function edit(message: Message, text: string): Promise<boolean> {
    return action.run(async () => {
      const { conversation_id, seq } = message
      const done = await chat.edit(conversation_id, seq, text)
      const change = { seq, text, content: done.content, edited_at: done.edited_at ?? '' }
      history.change(conversation_id, (messages) => withEdit(messages, change))
      conversations.noteEdit(conversation_id, change)
    })
  }

  function noteReactions(message: Message, reactions: Reaction[]): void {
    history.change(message.conversation_id, (all) => patched(all, message.seq, () => ({ reactions })))
  }

  async function toggleReaction(message: Message, key: string): Promise<void> {
    const { conversation_id: id, seq } = message
    const mine = message.reactions.some((reaction) => reaction.key === key && reaction.mine)
    await action.run(async () => {
      const { reactions } = await (mine ? chat.unreact(id, seq, key) : chat.react(id, seq, key))
      noteReactions(message, reactions)
    })
  }

  async function togglePin(message: Message): Promise<void> {
    const { conversation_id: id, seq } = message
    await action.run(
      async () => {
        const { items } = await (message.pinned ? chat.unpin(id, seq) : chat.pin(id, seq))
        const seqs = items.map((pin) => pin.message.seq)
        history.change(id, (messages) => withPins(messages, seqs))
      },
      t(message.pinned ? 'chat.unpinned' : 'chat.pinned'),
    )
  }

  async function toggleFavourite(message: Message): Promise<void> {
    const { conversation_id: id, seq, favourite } = message
    await action.run(
      async () => {
        await (favourite ? chat.unfavourite(id, seq) : chat.favourite(id, seq))
        history.change(id, (all) => patched(all, seq, () => ({ favourite: !favourite })))
      },
      t(favourite ? 'chat.unfavourited' : 'chat.favourited'),
    )
  }

  function copy(message: Message): Promise<boolean> {
    return action.run(() => copyText(message.text ?? ''), t('common.copied'))
  }

  return { busy: action.busy, recall, edit, toggleReaction, togglePin, toggleFavourite, copy }
}
