import { computed, reactive } from 'vue'
import { tasks } from '@/api'
import type { NewDirective } from '@/api/tasks'
import type { Audience, FigureSpec, Urgency } from '@/api/types'
import { emptyAudience } from '@/features/audiences/audience'
import { useSession } from '@/features/signin/session'
import { serverNow } from '@/lib/clock'
import { newClientId } from '@/offline/clientId'
import { checkDeadlines } from './deadlines'

const HOUR_MS = 3_600_000

function inHours(hours: number): string {
  return new Date(serverNow() + hours * HOUR_MS).toISOString()
}

/** A directive being written: what it lacks, how many units it will reach, and the request that issues it. */
export function useDraftDirective() {
  const issuer = useSession().me?.grants.find((grant) => grant.role === 'issuer')
  const startUnit = issuer?.audience?.unit_id ?? useSession().me?.post?.unit.id ?? ''
  const clientId = newClientId()

  const draft = reactive({
    eventId: '',
    title: '',
    text: '',
    urgency: 'urgent' as Urgency,
    audiences: [emptyAudience(startUnit)] as Audience[],
    ack: inHours(1) as string | null,
    report: inHours(3) as string | null,
    figures: [] as FigureSpec[],
  })

  const deadlines = computed(() =>
    checkDeadlines(
      { ack: draft.ack, report: draft.report },
      { ack: null, report: null },
      serverNow(),
    ),
  )

  const complete = computed(
    () =>
      draft.eventId !== '' &&
      draft.title.trim() !== '' &&
      draft.text.trim() !== '' &&
      draft.audiences.every((audience) => audience.unit_id) &&
      draft.figures.every((figure) => figure.name.trim() && figure.unit.trim()) &&
      draft.ack !== null &&
      !deadlines.value.ack &&
      !deadlines.value.report,
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
      figures: draft.figures,
      ...(draft.report && { report_deadline: draft.report }),
    }
  }

  return { draft, startUnit, deadlines, complete, issue: () => tasks.issueDirective(body()) }
}
