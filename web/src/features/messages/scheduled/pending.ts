import type { Scheduled } from '@/api/scheduled'

const PENDING = new Set<Scheduled['state']>(['waiting', 'failed'])

/** The scheduled messages of one conversation after one of them changed: those still to be sent, by their time. */
export function withScheduled(list: Scheduled[], changed: Scheduled): Scheduled[] {
  const others = list.filter(({ id }) => id !== changed.id)
  const next = PENDING.has(changed.state) ? [...others, changed] : others
  return next.sort((a, b) => a.at.localeCompare(b.at) || a.id.localeCompare(b.id))
}

export function countsOf(list: Scheduled[]): { waiting: number; failed: number } {
  const failed = list.filter(({ state }) => state === 'failed').length
  return { waiting: list.length - failed, failed }
}

const YEAR_MS = 365 * 86_400_000

/** Why a message cannot be scheduled for then; null when it can. */
export function wrongTime(at: Date | null, now: number): 'past' | 'far' | null {
  if (!at) return null
  if (at.getTime() <= now) return 'past'
  return at.getTime() > now + YEAR_MS ? 'far' : null
}

export interface Preset {
  key: 'inHour' | 'tonight' | 'tomorrow' | 'monday'
  at: Date
}

function atHour(now: number, days: number, hour: number): Date {
  const date = new Date(now)
  date.setDate(date.getDate() + days)
  date.setHours(hour, 0, 0, 0)
  return date
}

/** The times that people mean most, as far as they still lie ahead. */
export function presets(now: number): Preset[] {
  const untilMonday = (8 - new Date(now).getDay()) % 7 || 7
  const offered: Preset[] = [
    { key: 'inHour', at: new Date(Math.ceil((now + 3_600_000) / 60_000) * 60_000) },
    { key: 'tonight', at: atHour(now, 0, 19) },
    { key: 'tomorrow', at: atHour(now, 1, 9) },
    { key: 'monday', at: atHour(now, untilMonday, 9) },
  ]
  return offered.filter(({ at }) => at.getTime() > now)
}
