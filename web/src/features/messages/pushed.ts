import { useSession } from '@/features/signin/session'
import { onPushed } from '@/realtime/connection'
import { useCardActions } from './cards/cardActions'
import { withComments } from './announcing/comments'
import { withConfirm } from './announcing/confirmed'
import { patched, withEdit, withPins, withReactions } from './changes'
import { useCommandCalls } from './commands/commandCalls'
import { useConversations } from './conversations'
import { noteOtherDraft } from './drafts'
import { useHistory } from './history'
import { newestOnly } from './newest'
import { withRecall, withRemoval } from './sequence'
import { noteTyping } from './typing'

/** Brings what others (and my other devices) change to the screen; returns the functions that end it. */
export function followChanges(): (() => void)[] {
  const conversations = useConversations()
  const history = useHistory()
  const session = useSession()
  const isNewest = newestOnly()

  return [
    onPushed('message.recalled', ({ conversation_id, ...recall }) => {
      conversations.noteRecall(conversation_id, recall)
      history.change(conversation_id, (messages) => withRecall(messages, recall))
    }),
    onPushed('messages.removed', ({ conversation_id, ...removal }) => {
      conversations.noteRemoval(conversation_id, removal)
      history.change(conversation_id, (messages) => withRemoval(messages, removal))
    }),
    onPushed('message.updated', ({ conversation_id, ...edit }) => {
      conversations.noteEdit(conversation_id, edit)
      history.change(conversation_id, (messages) => withEdit(messages, edit))
    }),
    onPushed('card_action.updated', (action) => useCardActions().note(action)),
    onPushed('command.updated', (call) => useCommandCalls().note(call)),
    onPushed('reactions.updated', ({ conversation_id, ...change }) => {
      if (!isNewest(`${conversation_id}/${change.seq}`, change.changed_at)) return
      history.change(conversation_id, (messages) =>
        withReactions(messages, change, session.officialId),
      )
    }),
    onPushed('pins.updated', ({ conversation_id, seqs, changed_at }) => {
      if (!isNewest(`${conversation_id}/pins`, changed_at)) return
      history.change(conversation_id, (messages) => withPins(messages, seqs))
    }),
    onPushed('favourite.updated', ({ conversation_id, seq, favourite }) => {
      history.change(conversation_id, (messages) => patched(messages, seq, () => ({ favourite })))
    }),
    onPushed('confirmation.updated', ({ conversation_id, seq, confirm }) => {
      history.change(conversation_id, (messages) => withConfirm(messages, seq, confirm))
    }),
    ...(['comment.created', 'comment.removed'] as const).map((name) =>
      onPushed(name, ({ conversation_id, seq, comments }) => {
        history.change(conversation_id, (messages) => withComments(messages, seq, comments))
      }),
    ),
    onPushed('my.updated', ({ conversation_id, my }) => conversations.noteMine(conversation_id, my)),
    onPushed('draft.updated', ({ conversation_id, draft, origin }) =>
      noteOtherDraft(conversation_id, draft, origin),
    ),
    onPushed('typing', ({ conversation_id, official }) => {
      if (official.id !== session.officialId) noteTyping(conversation_id, official)
    }),
  ]
}
