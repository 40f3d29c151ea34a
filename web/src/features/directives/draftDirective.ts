import { computed, reactive, shallowRef } from 'vue'
import { drafts, tasks } from '@/api'
import type { Draft } from '@/api/drafts'
import type { NewDirective } from '@/api/tasks'
import type { Directive } from '@/api/types'
import { emptyAudience } from '@/features/audiences/audience'
import { contentOf, formOf, missingFields, type DraftDirective } from '@/features/planning/draftForm'
import { useSession } from '@/features/signin/session'
import { serverNow } from '@/lib/clock'
import { newClientId } from '@/offline/clientId'
import { checkDeadlines } from './deadlines'
import { outOfOrder } from './escalation'

const HOUR_MS = 3_600_000

function inHours(hours: number): string {
  return new Date(serverNow() + hours * HOUR_MS).toISOString()
}

/** A directive being written, kept as a draft or not: what it lacks, and the requests that save and issue it. */
export function useDraftDirective() {
  const issuer = useSession().me?.grants.find((grant) => grant.role === 'issuer')
  const startUnit = issuer?.audience?.unit_id ?? useSession().me?.post?.unit.id ?? ''
  const clientId = newClientId()
  const saved = shallowRef<Draft | null>(null)
  const before = shallowRef('')

  const draft = reactive<DraftDirective>({
    eventId: '',
    title: '',
    text: '',
    urgency: 'urgent',
    audiences: [emptyAudience(startUnit)],
    units: [],
    area: null,
    lead: null,
    cooperating: [],
    copies: [],
    files: [],
    ack: inHours(1),
    report: inHours(3),
    ackMinutes: null,
    reportMinutes: null,
    interval: null,
    escalation: [],
    figures: [],
    countersign: false,
    way: 'all',
  })

  const deadlines = computed(() =>
    checkDeadlines(
      { ack: draft.ackMinutes ? null : draft.ack, report: draft.reportMinutes ? null : draft.report },
      { ack: null, report: null },
      serverNow(),
    ),
  )
  const said = computed(() => JSON.stringify([draft.eventId, contentOf(draft), draft.countersign]))
  const changed = computed(() => (saved.value ? said.value !== before.value : Boolean(draft.title.trim() || draft.text.trim())))
  const missing = computed(() => missingFields(draft))
  const complete = computed(
    () =>
      missing.value.length === 0 &&
      !deadlines.value.ack &&
      !deadlines.value.report &&
      outOfOrder(draft.escalation).size === 0,
  )

  function adopt(found: Draft): void {
    saved.value = found
    Object.assign(draft, formOf(found))
    before.value = said.value
  }

  async function save(): Promise<Draft> {
    const { countersign } = draft
    const content = contentOf(draft)
    const sent = said.value
    const known = saved.value
    const found = known
      ? await drafts.change(known.id, { revision: known.revision, content, countersign })
      : await drafts.save({ event_id: draft.eventId, content, countersign, client_id: clientId })
    // What was typed meanwhile, and what is half written, stays on the form.
    saved.value = found
    before.value = sent
    return found
  }

  function body(): NewDirective {
    const { ack_minutes, report_minutes, ack_deadline, report_deadline, ...content } = contentOf(draft)
    return {
      ...content,
      client_id: clientId,
      event_id: draft.eventId,
      ack_deadline: ack_minutes ? inHours(ack_minutes / 60) : (ack_deadline ?? ''),
      ...((report_minutes || report_deadline) && {
        report_deadline: report_minutes ? inHours(report_minutes / 60) : (report_deadline ?? ''),
      }),
    }
  }

  async function issue(): Promise<Directive> {
    if (!saved.value) return tasks.issueDirective(body())
    const { id, revision } = changed.value ? await save() : saved.value
    return drafts.issue(id, revision)
  }

  return { draft, saved, startUnit, deadlines, missing, complete, changed, adopt, save, issue }
}
