import { ElNotification, type NotificationHandle } from 'element-plus'
import 'element-plus/es/components/notification/style/css'
import { onScopeDispose } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { usePhone } from '@/lib/screen'
import { useInbox } from './inbox'
import { isExercise } from './pressure'

/** A directive that arrives while the official is elsewhere announces itself wherever they are. */
export function useArrivalNotice(): void {
  const { t } = useI18n()
  const router = useRouter()
  const phone = usePhone()
  const inbox = useInbox()

  let notice: NotificationHandle | null = null

  // Whoever is looking at what they received needs no telling of it.
  const endWatch = router.afterEach((to) => {
    if (to.name === 'received') notice?.close()
  })
  inbox.whenArrived((assignments) => {
    const [first] = assignments
    if (!first || router.currentRoute.value.name === 'received') return
    notice?.close()
    notice = ElNotification({
      title: t(isExercise(first) ? 'shell.newExercise' : 'shell.newDirective'),
      message: first.directive.title,
      type: 'warning',
      duration: 12_000,
      position: 'top-right',
      offset: phone.value ? 56 : 16,
      onClick: () => {
        notice?.close()
        void router.push({ name: 'received', params: { id: first.id } })
      },
    })
  })
  onScopeDispose(() => {
    endWatch()
    inbox.whenArrived(() => undefined)
  })
}
