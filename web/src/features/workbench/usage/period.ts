import type { Usage, UsageFigures } from '@/api/types'

export const PERIODS = [7, 30, 90] as const
export type Period = (typeof PERIODS)[number]

const DAY_MS = 24 * 3600 * 1000
const BEIJING_MS = 8 * 3600 * 1000

/** The last so many days with today, as the server counts them: Beijing's, whatever the clock of the device says. */
export function lastDays(days: number, now: Date): { first: string; last: string } {
  const today = now.getTime() + BEIJING_MS
  const named = (time: number) => new Date(time).toISOString().slice(0, 10)
  return { first: named(today - (days - 1) * DAY_MS), last: named(today) }
}

/** Every day from first to last; one on which nobody came is there with nothing. */
export function everyDay({ first, last, days }: Pick<Usage, 'first' | 'last' | 'days'>): (UsageFigures & { day: string })[] {
  const known = new Map(days.map((each) => [each.day, each]))
  const all: (UsageFigures & { day: string })[] = []
  for (let time = Date.parse(first); time <= Date.parse(last); time += DAY_MS) {
    const day = new Date(time).toISOString().slice(0, 10)
    all.push(known.get(day) ?? { day, officials: 0, opens: 0, errors: 0 })
  }
  return all
}
