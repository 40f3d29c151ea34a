import { useI18n } from 'vue-i18n'
import type { Localized } from '@/api/types'

/** A name that an app gives in both languages, in the one that is being read. */
export function useLocalized() {
  const { locale } = useI18n()
  return (text: Localized) => (locale.value === 'en' ? text.en || text.zh : text.zh || text.en)
}
