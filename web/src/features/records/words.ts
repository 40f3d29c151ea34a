import { useI18n } from 'vue-i18n'
import type { Hold, Rule } from '@/api/records'

export const CONVERSATION_KINDS = ['direct', 'group', 'org_group', 'announcement'] as const
export const MESSAGE_KINDS = ['text', 'file', 'location', 'forward', 'notice'] as const

/** Rules and holds in a sentence. */
export function useRuleWords() {
  const { t } = useI18n()
  const list = (words: string[]) => words.join(t('common.enumeration'))

  function days(keep: number | null): string {
    if (keep === null) return t('records.forGood')
    if (keep % 365 === 0) return t('records.keepYears', { n: keep / 365 })
    return t('records.keepDays', { n: keep })
  }

  function messageKind(kind: string): string {
    const known = (MESSAGE_KINDS as readonly string[]).includes(kind)
    return known ? t(`records.messageKinds.${kind}`) : kind
  }

  function about(rule: Pick<Rule, 'audience' | 'conversation_kinds' | 'message_kinds'>): string {
    const where = rule.audience?.text ?? t('records.everywhere')
    const places = rule.conversation_kinds.length
      ? list(rule.conversation_kinds.map((kind) => t(`messages.kinds.${kind}`)))
      : t('records.allConversations')
    const what = rule.message_kinds.length
      ? list(rule.message_kinds.map(messageKind))
      : t('records.allMessages')
    return [where, places, what].join(' · ')
  }

  function held({ conversation, official, audience }: Hold): string {
    if (conversation) return t('records.heldConversation', { name: conversation.name })
    if (official) return t('records.heldOfficial', { name: official.name })
    return t('records.heldAudience', { name: audience?.text ?? '' })
  }

  return { days, about, held, messageKind }
}
