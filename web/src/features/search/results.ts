import type { Found, FoundGroup, FoundPerson, Hit, Section } from '@/api/search'
import type { Unit } from '@/api/types'

export const SECTIONS: Section[] = ['messages', 'files', 'people', 'groups']
/** What filters narrow; names have neither a date nor a sender. */
export const FILTERED: (Section | 'all')[] = ['messages', 'files']

export type Row =
  | { type: 'hit'; key: string; hit: Hit; file: boolean }
  | { type: 'person'; key: string; person: FoundPerson }
  | { type: 'group'; key: string; group: FoundGroup }
  | { type: 'unit'; key: string; unit: Unit }
  | { type: 'more'; key: string; section: Section }

export interface ResultSection {
  key: Section | 'units'
  rows: Row[]
}

function rowsOf(found: Found, section: Section): Row[] {
  if (section === 'people') {
    return (found.people?.items ?? []).map((person) => ({ type: 'person', key: `people-${person.id}`, person }))
  }
  if (section === 'groups') {
    return (found.groups?.items ?? []).map((group) => ({ type: 'group', key: `groups-${group.id}`, group }))
  }
  return (found[section]?.items ?? []).map((hit) => ({
    type: 'hit',
    key: `${section}-${hit.message.id}`,
    hit,
    file: section === 'files',
  }))
}

/** The sections that hold something, in their order; where there is more, its last row leads there. */
export function sectionsOf(found: Found | null, units: Unit[]): ResultSection[] {
  if (!found) return []
  const sections: ResultSection[] = SECTIONS.map((section) => {
    const rows = rowsOf(found, section)
    if (rows.length > 0 && found[section]?.next) rows.push({ type: 'more', key: `more-${section}`, section })
    return { key: section, rows }
  })
  sections.push({ key: 'units', rows: units.map((unit) => ({ type: 'unit', key: `units-${unit.id}`, unit })) })
  return sections.filter(({ rows }) => rows.length > 0)
}

/** The next page of one section behind what is there. */
export function appended(before: Found, page: Found, section: Section): Found {
  const items = [...(before[section]?.items ?? []), ...(page[section]?.items ?? [])]
  return { ...before, [section]: { items, next: page[section]?.next ?? null } }
}

/** The first and the last day, as the moments between which a message was written. */
export function momentsOf(first: Date | null, last: Date | null): { from?: string; to?: string } {
  const end = last && new Date(last)
  end?.setDate(end.getDate() + 1)
  return { ...(first && { from: first.toISOString() }), ...(end && { to: end.toISOString() }) }
}
