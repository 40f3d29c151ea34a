import type { Counts, PartState } from '@/api/picture'
import type { Area } from '@/components/map/CountyMap.vue'

export const STATES: PartState[] = ['waiting', 'partly', 'acknowledged', 'reported', 'completed']

/** The rule of the server's zzd.tasks.picture.rules, for rows that it does not name a state for. */
export function stateOf(counts: Pick<Counts, 'addressed' | 'acknowledged' | 'reported' | 'completed'>): PartState {
  const { addressed, acknowledged, reported, completed } = counts
  if (completed >= addressed) return 'completed'
  if (reported >= addressed) return 'reported'
  if (acknowledged >= addressed) return 'acknowledged'
  return acknowledged > 0 ? 'partly' : 'waiting'
}

export type Part = Counts & { unit: { id: string; code: string; name: string } }

export function asArea(part: Part & { state: PartState }, words: { mark: string; urgent: string; text: string }): Area {
  const late = part.overdue > 0
  return {
    code: part.unit.code,
    tone: part.state,
    mark: late ? `${words.mark}${words.urgent}` : words.mark,
    urgent: late,
    text: words.text,
  }
}

/** Whoever is late stands first, then whoever is least far; the codes decide among equals. */
export function byNeed<P extends Part & { state: PartState }>(parts: P[]): P[] {
  return [...parts].sort(
    (a, b) =>
      Number(b.overdue > 0) - Number(a.overdue > 0) ||
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      a.unit.code.localeCompare(b.unit.code),
  )
}
