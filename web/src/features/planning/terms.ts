import { useI18n } from 'vue-i18n'

/** Minutes in words: 45 分钟, 2 小时. */
export function useTerm() {
  const { t } = useI18n()
  return (minutes: number): string =>
    minutes && minutes % 60 === 0 ? t('planning.hours', { n: minutes / 60 }) : t('planning.minutes', { n: minutes })
}
