import type { DraftContent } from '@/api/drafts'
import type { Audience, Directive } from '@/api/types'
import { contentOf, type DraftDirective } from '@/features/planning/draftForm'

const audience = ({ unit_id, levels, line, role }: Audience): Audience => ({ unit_id, levels, line, role })

/** A directive in force, to be changed into its next version; its audiences hold every unit it is for. */
export function formOfDirective(directive: Directive): DraftDirective {
  const { area } = directive
  return JSON.parse(
    JSON.stringify({
      eventId: directive.event.id,
      title: directive.title,
      text: directive.text,
      urgency: directive.urgency,
      audiences: directive.audiences.map(audience),
      units: [],
      area: area && { polygon: area.polygon, levels: area.levels },
      lead: directive.lead_unit,
      cooperating: directive.cooperating_units,
      copies: directive.copies.map(audience),
      files: directive.files,
      ack: directive.ack_deadline,
      report: directive.report_deadline,
      ackMinutes: null,
      reportMinutes: null,
      interval: directive.report_interval_minutes,
      escalation: directive.escalation,
      figures: directive.figures,
      countersign: false,
      way: directive.way,
    }),
  ) as DraftDirective
}

const ADDRESSING: (keyof DraftContent)[] = ['audiences', 'unit_ids', 'area', 'lead_unit_id', 'cooperating_unit_ids']

/** What the update says: only what differs, which leaves the rest as it was; whom it is for as a whole, or not at all. */
export function changesOf(directive: Directive, draft: DraftDirective): Partial<DraftContent> {
  const [before, now] = [contentOf(formOfDirective(directive)), contentOf(draft)]
  const names = (Object.keys(now) as (keyof DraftContent)[]).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
  const anew = names.some((name) => ADDRESSING.includes(name))
  const said = [...names.filter((name) => !ADDRESSING.includes(name)), ...(anew ? ADDRESSING : [])]
  return Object.fromEntries(said.map((name) => [name, now[name]]))
}
