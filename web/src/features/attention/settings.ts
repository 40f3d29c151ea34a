import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { notifications } from '@/api'
import type { NotificationSettings } from '@/api/notifications'
import { useNow } from '@/lib/clock'
import { isQuiet } from './rules'

/** The server's own, until it has told mine. */
const USUAL: NotificationSettings = {
  do_not_disturb: { enabled: false, from: '22:00', to: '07:00' },
  sound: true,
  preview: true,
}

export const useNotificationSettings = defineStore('notification-settings', () => {
  const now = useNow()
  const settings = ref(USUAL)
  const quiet = computed(() => isQuiet(settings.value.do_not_disturb, now.value))

  async function load(): Promise<void> {
    settings.value = await notifications.settings()
  }

  async function save(change: Partial<NotificationSettings>): Promise<void> {
    settings.value = await notifications.save({ ...settings.value, ...change })
  }

  return {
    settings,
    quiet,
    load,
    save,
    take: (told: NotificationSettings) => (settings.value = told),
    reset: () => (settings.value = USUAL),
  }
})
