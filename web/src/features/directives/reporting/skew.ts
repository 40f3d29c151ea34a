type Translate = (key: string, values: Record<string, number>) => string

/** "1小时5分" of a difference between clocks, whichever is ahead. */
export function skewText(seconds: number, t: Translate): string {
  const minutes = Math.round(Math.abs(seconds) / 60)
  if (minutes < 60) return t('reporting.minutes', { m: minutes })
  if (minutes < 48 * 60) return t('reporting.hours', { h: Math.floor(minutes / 60), m: minutes % 60 })
  return t('reporting.days', { d: Math.round(minutes / 1440) })
}
