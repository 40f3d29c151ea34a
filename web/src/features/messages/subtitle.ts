import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Conversation } from '@/api/types'
import { useOnline } from '@/realtime/presence'

/** What stands below a conversation's name: whether the other one is there, its audience, or how many belong to it. */
export function useSubtitle(conversation: Readonly<Ref<Conversation | undefined>>) {
  const { t } = useI18n()
  const isOnline = useOnline(() => (conversation.value?.other ? [conversation.value.other.id] : []))

  return computed(() => {
    const known = conversation.value
    if (!known) return ''
    if (known.kind === 'direct') {
      const online = known.other && isOnline(known.other.id)
      return online === null ? '' : t(online ? 'chat.online' : 'chat.away')
    }
    const kind = t(`messages.kinds.${known.kind}`)
    if (known.audience) return `${kind} · ${known.audience.text}`
    return known.members === null ? kind : `${kind} · ${t('messages.memberCount', { n: known.members })}`
  })
}
