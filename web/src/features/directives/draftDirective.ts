import { computed, reactive } from 'vue'
import { tasks } from '@/api'
import type { NewDirective } from '@/api/tasks'
import type { Audience, EscalationStep, FigureSpec, Urgency } from '@/api/types'
import { emptyAudience } from '@/features/audiences/audience'
import { useSession } from '@/features/signin/session'
import { serverNow } from '@/lib/clock'
import { newClientId } from '@/offline/clientId'
import { checkDeadlines } from './deadlines'
import { outOfOrder } from './escalation'

const HOUR_MS = 3_600_000

function inHours(hours: number): string {
  return new Date(serverNow() + hours * HOUR_MS).toISOString()
}

export interface DraftDirective {
  eventId: string
  title: string
  text: string
  urgency: Urgency
  audiences: Audience[]
  ack: string | null
  report: string | null
  interval: number | null
  escalation: EscalationStep[]
  figures: FigureSpec[]
}

/** The fields that still keep it from being issued, by the keys of their labels, in the order of the form. */
export function missingFields(draft: DraftDirective): string[] {
  const lacking: [string, boolean][] = [
    ['event', draft.eventId === ''],
    ['title', draft.title.trim() === ''],
    ['content', draft.text.trim() === ''],
    ['audience', draft.audiences.some((audience) => !audience.unit_id)],
    ['ackDeadline', draft.ack === null],
    ['figuresEditor', draft.figures.some(({ name, unit }) => !name.trim() || !unit.trim())],
  ]
  return lacking.filter(([, lacks]) => lacks).map(([key]) => key)
}

/** A directive being written: what it lacks, how many units it will reach, and the request that issues it. */
export function useDraftDirective() {
  const issuer = useSession().me?.grants.find((grant) => grant.role === 'issuer')
  const startUnit = issuer?.audience?.unit_id ?? useSession().me?.post?.unit.id ?? ''
  const clientId = newClientId()

  const draft = reactive<DraftDirective>({
    eventId: '',
    title: '',
    text: '',
    urgency: 'urgent',
    audiences: [emptyAudience(startUnit)],
    ack: inHours(1),
    report: inHours(3),
    interval: null,
    escalation: [],
    figures: [],
  })

  const deadlines = computed(() =>
    checkDeadlines(
      { ack: draft.ack, report: draft.report },
      { ack: null, report: null },
      serverNow(),
    ),
  )

  const missing = computed(() => missingFields(draft))
  const complete = computed(
    () =>
      missing.value.length === 0 &&
      !deadlines.value.ack &&
      !deadlines.value.report &&
      outOfOrder(draft.escalation).size === 0,
  )

  function body(): NewDirective {
    return {
      client_id: clientId,
      event_id: draft.eventId,
      title: draft.title.trim(),
      text: draft.text.trim(),
      urgency: draft.urgency,
      audiences: draft.audiences,
      ack_deadline: draft.ack ?? '',
      report_interval_minutes: draft.interval,
      escalation: draft.escalation,
      figures: draft.figures,
      ...(draft.report && { report_deadline: draft.report }),
    }
  }

  return { draft, startUnit, deadlines, missing, complete, issue: () => tasks.issueDirective(body()) }
}
