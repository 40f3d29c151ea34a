import type { Draft, DraftContent, DrawnArea } from '@/api/drafts'
import type { Audience, EscalationStep, FigureSpec, StoredFileRef, UnitRef, Urgency } from '@/api/types'

/** A directive being written. A deadline is a moment, or minutes from the issue as plans have them. */
export interface DraftDirective {
  eventId: string
  title: string
  text: string
  urgency: Urgency
  audiences: Audience[]
  units: UnitRef[]
  area: DrawnArea | null
  lead: UnitRef | null
  cooperating: UnitRef[]
  copies: Audience[]
  files: StoredFileRef[]
  ack: string | null
  report: string | null
  ackMinutes: number | null
  reportMinutes: number | null
  interval: number | null
  escalation: EscalationStep[]
  figures: FigureSpec[]
  countersign: boolean
  /** To all levels at once, or level by level. */
  way: 'all' | 'stepwise'
  /** Files that are on their way, or did not get there. */
  uploading?: number | undefined
}

export const isAddressed = ({ audiences, units, area, lead }: Pick<DraftDirective, 'audiences' | 'units' | 'area' | 'lead'>): boolean =>
  audiences.length + units.length > 0 || area !== null || lead !== null

/** The fields that still keep it from being issued, by the keys of their labels, in the order of the form. */
export function missingFields(draft: DraftDirective): string[] {
  const lacking: [string, boolean][] = [
    ['event', draft.eventId === ''],
    ['title', draft.title.trim() === ''],
    ['content', draft.text.trim() === ''],
    ['audience', !isAddressed(draft) || draft.audiences.some((audience) => !audience.unit_id)],
    ['ackDeadline', draft.ack === null && draft.ackMinutes === null],
    ['figuresEditor', draft.figures.some(({ name, unit }) => !name.trim() || !unit.trim())],
  ]
  return lacking.filter(([, lacks]) => lacks).map(([key]) => key)
}

/** As the server keeps it; what is half written (an audience without a unit, a figure without a name) waits. */
export function contentOf(draft: DraftDirective): DraftContent {
  return {
    title: draft.title.trim(),
    text: draft.text.trim(),
    urgency: draft.urgency,
    audiences: draft.audiences.filter(({ unit_id }) => unit_id),
    unit_ids: draft.units.map(({ id }) => id),
    area: draft.area,
    lead_unit_id: draft.lead?.id ?? null,
    cooperating_unit_ids: draft.cooperating.map(({ id }) => id),
    copies: draft.copies.filter(({ unit_id }) => unit_id),
    file_ids: draft.files.map(({ id }) => id),
    ack_minutes: draft.ackMinutes,
    report_minutes: draft.reportMinutes,
    ack_deadline: draft.ackMinutes === null ? draft.ack : null,
    report_deadline: draft.reportMinutes === null ? draft.report : null,
    figures: draft.figures.filter(({ name, unit }) => name.trim() && unit.trim()),
    report_interval_minutes: draft.interval,
    escalation: draft.escalation,
    way: draft.way,
  }
}

/** A saved draft, to go on with. */
export function formOf({ event, content, names, files, countersign }: Pick<Draft, 'event' | 'content' | 'names' | 'files' | 'countersign'>): DraftDirective {
  const named = (id: string): UnitRef => names.find((unit) => unit.id === id) ?? { id, name: id }
  return {
    eventId: event.id,
    title: content.title,
    text: content.text,
    urgency: content.urgency,
    audiences: content.audiences,
    units: content.unit_ids.map(named),
    area: content.area,
    lead: content.lead_unit_id ? named(content.lead_unit_id) : null,
    cooperating: content.cooperating_unit_ids.map(named),
    copies: content.copies,
    files: content.file_ids.map((id) => files.find((file) => file.id === id)).filter((file) => file !== undefined),
    ack: content.ack_deadline,
    report: content.report_deadline,
    ackMinutes: content.ack_minutes,
    reportMinutes: content.report_minutes,
    interval: content.report_interval_minutes,
    escalation: content.escalation,
    figures: content.figures,
    countersign,
    way: content.way,
  }
}
