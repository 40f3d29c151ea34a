import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Assignment } from '@/api/types'
import { useNow } from '@/lib/clock'
import { spanUntil, type Span } from '@/lib/time'
import { needsAcknowledgement, pressingDeadline } from './pressure'

export type Tone = 'late' | 'soon' | 'calm'
const SOON_MS = 30 * 60_000

/** What the official works against, in words that move with the clock. */
export function useCountdown(assignment: () => Assignment) {
  const { t } = useI18n()
  const now = useNow()

  function spanText({ days, hours, minutes, seconds }: Span): string {
    if (days > 0) return t('directives.days', { d: days, h: hours })
    if (hours > 0) return t('directives.hours', { h: hours, m: minutes })
    return t('directives.minutes', { m: minutes, s: seconds })
  }

  return computed<{ text: string; tone: Tone } | null>(() => {
    const current = assignment()
    const deadline = pressingDeadline(current)
    if (!deadline) return null
    const span = spanUntil(deadline, now.value)
    const what = deadline === current.report_deadline && !needsAcknowledgement(current) ? 'report' : 'ack'
    const soon = Date.parse(deadline) - now.value < SOON_MS
    return {
      text: t(`directives.${what}${span.past ? 'Late' : 'Left'}`, { time: spanText(span) }),
      tone: span.past ? 'late' : soon ? 'soon' : 'calm',
    }
  })
}
