import { computed, ref } from 'vue'
import { plans } from '@/api'
import type { Plan, PlanContent, PlanOrder, PlanVersion } from '@/api/plans'
import type { ResponseLevel } from '@/api/types'
import { useResource } from '@/lib/resource'
import { newClientId } from '@/offline/clientId'

export const RESPONSE_LEVELS: ResponseLevel[] = [4, 3, 2, 1]
const KEY = /^[a-z][a-z0-9_]{0,31}$/

export const emptyOrder = (): PlanOrder => ({
  key: '',
  title: '',
  text: '',
  urgency: 'urgent',
  audiences: [{ levels: [2, 3], line: 'flood_control', role: null }],
  copies: [],
  ack_minutes: 60,
  report_minutes: null,
  figures: [],
  report_interval_minutes: null,
  escalation: [],
  countersign: false,
  way: 'all',
})

/** What keeps an order from being kept in a plan, by the keys of its labels; `others` are the keys beside it. */
export function missingInOrder(order: PlanOrder, others: string[]): string[] {
  const lacking: [string, boolean][] = [
    ['planning.orderKey', !KEY.test(order.key) || others.includes(order.key)],
    ['directives.title', !order.title.trim()],
    ['directives.content', !order.text.trim()],
    ['planning.to', !order.audiences.length || order.audiences.some(({ levels }) => !levels.length)],
    ['directives.ackDeadline', !order.ack_minutes],
    ['directives.reportDeadline', order.report_minutes !== null && order.report_minutes < order.ack_minutes],
    ['directives.figuresEditor', order.figures.some(({ name, unit }) => !name.trim() || !unit.trim())],
  ]
  return lacking.filter(([, lacks]) => lacks).map(([key]) => key)
}

/** A plan on the screen: its current version or an earlier one, and what is being changed in it. */
export function usePlan(id: string) {
  const shown = useResource<Plan, [no?: number]>((_signal, no) => (no ? plans.version(id, no) : plans.one(id)))
  const history = useResource<PlanVersion[], []>(async () => (await plans.versions(id)).items)
  const draft = ref<PlanContent | null>(null)
  let clientId = newClientId()

  const latest = computed(() => history.data.value?.[0]?.no ?? shown.data.value?.no ?? 1)
  const content = computed(() => draft.value ?? shown.data.value?.content ?? null)
  const isOld = computed(() => (shown.data.value?.no ?? latest.value) < latest.value)
  const mayWrite = computed(() => Boolean(shown.data.value?.may.write) && !isOld.value)
  const changed = computed(() => draft.value !== null && JSON.stringify(draft.value) !== JSON.stringify(shown.data.value?.content))

  async function open(no?: number): Promise<void> {
    draft.value = null
    await Promise.all([shown.load(no), history.load()])
  }

  function edit(): void {
    draft.value = JSON.parse(JSON.stringify(shown.data.value?.content)) as PlanContent
    clientId = newClientId()
  }

  async function save(note: string, retired: boolean): Promise<Plan> {
    const [plan, said] = [shown.data.value, content.value]
    if (!plan || !said) throw new Error('nothing is shown')
    const made = await plans.change(id, { no: plan.no, content: said, note, retired, client_id: clientId })
    await open()
    return made
  }

  return { shown, history, draft, content, isOld, mayWrite, changed, open, edit, save }
}
