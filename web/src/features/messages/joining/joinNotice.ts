import { ElNotification } from 'element-plus'
import 'element-plus/es/components/notification/style/css'
import { onScopeDispose } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { onPushed } from '@/realtime/connection'
import { useConversations } from '../conversations'

/** Who manages a group hears that somebody asks to join it, wherever they are on the screen. */
export function useJoinNotice(): void {
  const { t } = useI18n()
  const router = useRouter()
  const conversations = useConversations()

  onScopeDispose(
    onPushed('join_request.updated', ({ conversation_id, state }) => {
      const group = conversations.byId.get(conversation_id)
      if (state !== 'open' || !group?.may_manage) return
      const notice = ElNotification({
        title: t('joining.somebodyAsks'),
        message: group.name,
        type: 'info',
        duration: 8_000,
        onClick: () => {
          notice.close()
          void router.push({ name: 'messages', params: { id: conversation_id }, query: { info: '1' } })
        },
      })
    }),
  )
}
