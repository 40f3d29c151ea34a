import { get, post } from './client'
import type { DraftContent } from './drafts'
import type {
  Assignment,
  AssignmentFilter,
  AssignmentState,
  Directive,
  Escalation,
  Mode,
  Page,
  ResponseLevel,
  Rollup,
  TaskEvent,
} from './types'

export type NewDirective = Omit<
  DraftContent,
  'ack_minutes' | 'report_minutes' | 'ack_deadline' | 'report_deadline'
> & {
  event_id: string
  ack_deadline: string
  report_deadline?: string
  client_id: string
}

export interface Cascade {
  levels?: number[]
  unit_ids?: string[]
  note: string
  ack_deadline: string
  report_deadline?: string
  client_id: string
}

export const events = () => get<Page<TaskEvent>>('/events', { limit: 100 })
export const createEvent = (body: {
  name: string
  kind: string
  mode: Mode
  level?: ResponseLevel
  client_id: string
}) => post<TaskEvent>('/events', body)
export const raiseLevel = (id: string, level: ResponseLevel, reason: string) =>
  post<TaskEvent>(`/events/${id}/levels`, { level, reason })

export const issuedDirectives = (mode: Mode, cursor?: string | null) =>
  get<Page<Directive>>('/directives', { box: 'issued', mode, cursor })
export const directive = (id: string) => get<Directive>(`/directives/${id}`)
export const issueDirective = (body: NewDirective) => post<Directive>('/directives', body)
export const rollup = (id: string, unitId: string | null, signal?: AbortSignal) =>
  get<Rollup>(`/directives/${id}/rollup`, { unit_id: unitId }, signal)
export const directiveAssignments = (
  id: string,
  unitId: string,
  state: AssignmentFilter,
  cursor?: string | null,
) => get<Page<Assignment>>(`/directives/${id}/assignments`, { unit_id: unitId, state, cursor })

export const myAssignments = (state: 'open' | 'closed', cursor?: string | null) =>
  get<Page<Assignment>>('/assignments', { box: 'mine', state, cursor, limit: 100 })
export const assignment = (id: string) => get<Assignment>(`/assignments/${id}`)
export const escalations = (cursor?: string | null) =>
  get<Page<Escalation>>('/escalations', { cursor })
export const urge = (directiveId: string, assignmentIds: string[], clientId: string) =>
  post<{ units: number; unreached: number }>(`/directives/${directiveId}/urges`, {
    assignment_ids: assignmentIds,
    client_id: clientId,
  })
export const sendReceipts = (ids: string[], kind: 'delivered' | 'read') =>
  post<{ items: { id: string; state: AssignmentState }[] }>('/assignments/receipts', {
    assignment_ids: ids,
    kind,
  })
export const acknowledge = (id: string) =>
  post<Assignment>(`/assignments/${id}/acknowledgement`)
export const cascade = (id: string, body: Cascade) =>
  post<{ id: string; units: number; noted: number }>(`/assignments/${id}/cascade`, body)
export const complete = (id: string, reason?: string) =>
  post<Assignment>(`/assignments/${id}/completion`, reason ? { reason } : {})
