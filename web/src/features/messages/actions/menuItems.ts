import type { ChatSettings } from '@/api/chat'
import type { Conversation, Message } from '@/api/types'

export type MenuKey =
  | 'reply'
  | 'copy'
  | 'forward'
  | 'edit'
  | 'favourite'
  | 'unfavourite'
  | 'pin'
  | 'unpin'
  | 'select'
  | 'readers'
  | 'ding'
  | 'recall'

/** Never sent by a person, so nobody answers, forwards or takes it back. */
const BY_THE_GROUP = 'notice'
const WITH_WORDS_TO_EDIT = new Set(['text', 'file'])

/** What the caller may do with a message now, in the order of the menu. */
export function menuItems(
  message: Message,
  conversation: Conversation,
  officialId: string | null,
  settings: ChatSettings,
  now: number,
): MenuKey[] {
  if (message.recalled_at || message.removed_at || message.kind === BY_THE_GROUP) return []
  const mine = message.sender.id === officialId
  const ageSeconds = (now - Date.parse(message.created_at)) / 1_000
  const mayPin = conversation.may_manage || conversation.kind === 'direct'
  const items: [MenuKey, boolean][] = [
    ['reply', conversation.may_post],
    ['copy', Boolean(message.text)],
    ['forward', true],
    [
      'edit',
      mine && WITH_WORDS_TO_EDIT.has(message.kind) && Boolean(message.text) && ageSeconds < settings.edit_within,
    ],
    [message.favourite ? 'unfavourite' : 'favourite', true],
    [message.pinned ? 'unpin' : 'pin', mayPin],
    ['select', true],
    ['readers', mine],
    ['ding', true],
    ['recall', (mine && ageSeconds < settings.recall_within) || (!mine && conversation.may_manage)],
  ]
  return items.filter(([, may]) => may).map(([key]) => key)
}
