const DAY_MS = 86_400_000

function startOfDay(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0)
}

function format(locale: string, time: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, { hourCycle: 'h23', ...options }).format(time)
}

export function clockTime(iso: string, locale: string): string {
  return format(locale, Date.parse(iso), { hour: '2-digit', minute: '2-digit' })
}

export function dateTime(iso: string, locale: string): string {
  return format(locale, Date.parse(iso), {
    month: 'numeric',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  })
}

export function dayKey(iso: string): number {
  return startOfDay(Date.parse(iso))
}

/** Today as a clock time, this week as a weekday, older as a date: as short as it stays clear. */
export function listTime(iso: string, now: number, locale: string, yesterday: string): string {
  const time = Date.parse(iso)
  const days = Math.round((startOfDay(now) - startOfDay(time)) / DAY_MS)
  if (days <= 0) return clockTime(iso, locale)
  if (days === 1) return yesterday
  if (days < 7) return format(locale, time, { weekday: 'short' })
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear()
  return format(locale, time, {
    year: sameYear ? undefined : 'numeric',
    month: 'numeric',
    day: 'numeric',
  })
}

export function dayTitle(
  iso: string,
  now: number,
  locale: string,
  words: { today: string; yesterday: string },
): string {
  const time = Date.parse(iso)
  const days = Math.round((startOfDay(now) - startOfDay(time)) / DAY_MS)
  if (days === 0) return words.today
  if (days === 1) return words.yesterday
  return format(locale, time, { year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' })
}

export interface Span {
  past: boolean
  days: number
  hours: number
  minutes: number
  seconds: number
}

export function spanUntil(iso: string, now: number): Span {
  const difference = Date.parse(iso) - now
  const total = Math.floor(Math.abs(difference) / 1_000)
  return {
    past: difference < 0,
    days: Math.floor(total / 86_400),
    hours: Math.floor((total % 86_400) / 3_600),
    minutes: Math.floor((total % 3_600) / 60),
    seconds: total % 60,
  }
}
