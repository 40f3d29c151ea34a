/** What may call an official away from other work, and how loudly: pure, so that every rule can be read and tested. */

export type Occurrence =
  | { kind: 'message'; mine: boolean; notice: boolean; mentionsMe: boolean; muted: boolean }
  | { kind: 'ding'; mine: boolean; confirmed: boolean }
  | { kind: 'directive'; urgency: 'normal' | 'urgent' | 'critical' }

export interface Circumstances {
  /** A page of mine lies before my eyes, in whichever tab. */
  attentive: boolean
  /** Now is within the hours in which I do not want to be disturbed. */
  quiet: boolean
  /** I want to hear messages. */
  sound: boolean
}

export interface Call {
  notification: boolean
  sound: 'none' | 'message' | 'ding'
  /** The notification stays until it is dealt with. */
  stays: boolean
}

export const SILENCE: Call = { notification: false, sound: 'none', stays: false }

/**
 * A DING rings through everything until it is confirmed, each repetition anew. A critical directive goes through the
 * quiet hours, too. A message calls only where nobody looks: not one's own, not what a group says of itself, not in quiet
 * hours, and in a muted conversation only when it mentions me.
 */
export function callFor(what: Occurrence, { attentive, quiet, sound }: Circumstances): Call {
  if (what.kind === 'ding') {
    if (what.mine || what.confirmed) return SILENCE
    return { notification: !attentive, sound: 'ding', stays: true }
  }
  if (attentive) return SILENCE
  const heard = { notification: true, sound: sound ? 'message' : 'none', stays: false } as const
  if (what.kind === 'directive') {
    const critical = what.urgency === 'critical'
    return quiet && !critical ? SILENCE : { ...heard, stays: critical }
  }
  if (what.mine || what.notice || quiet) return SILENCE
  return what.muted && !what.mentionsMe ? SILENCE : heard
}

export interface QuietHours {
  enabled: boolean
  /** Clock times in China, such as "22:00"; up to an earlier one is up to the next day's. */
  from: string
  to: string
}

const DAY = 24 * 60
const CHINA_AHEAD = 8 * 60

function minuteOf(clockTime: string): number {
  const [hours = 0, minutes = 0] = clockTime.split(':').map(Number)
  return hours * 60 + minutes
}

/** As the server reckons: the first minute belongs to the hours, the last does not; the same twice is the whole day. */
export function isQuiet({ enabled, from, to }: QuietHours, now: number): boolean {
  if (!enabled) return false
  const minute = (Math.floor(now / 60_000) + CHINA_AHEAD) % DAY
  const length = (minuteOf(to) - minuteOf(from) + DAY) % DAY || DAY
  return (minute - minuteOf(from) + DAY) % DAY < length
}

/** The title of the page: what waits stands first, where a narrow tab still shows it. */
export function titleOf(name: string, waiting: number): string {
  return waiting > 0 ? `(${waiting}) ${name}` : name
}
