import { post } from './client'
import type { Draft, DraftContent } from './drafts'
import type { Assignment, Directive, TaskEvent } from './types'

/** Why somebody does it for people of the unit who cannot; null for one's own unit. */
const proxy = (reason: string | null) => (reason ? { proxy_reason: reason } : {})

export const acknowledge = (id: string, reason: string | null = null) =>
  post<Assignment>(`/assignments/${id}/acknowledgement`, proxy(reason))
export const start = (id: string, reason: string | null = null) =>
  post<Assignment>(`/assignments/${id}/start`, proxy(reason))
export const standDown = (id: string, reason: string | null = null) =>
  post<Assignment>(`/assignments/${id}/cancellation-acknowledgement`, proxy(reason))
export const giveBack = (id: string, reason: string) =>
  post<Assignment>(`/assignments/${id}/return`, { reason })
export const transfer = (id: string, unitId: string, reason: string) =>
  post<Assignment>(`/assignments/${id}/transfer`, { unit_id: unitId, reason })

/** What is not said stays as it was. */
export type Update = Partial<DraftContent> & { reason: string; client_id: string }
/** The next version; of one that was countersigned a draft of it, to be countersigned as well. */
export const update = (id: string, body: Update) => post<Directive | Draft>(`/directives/${id}/update`, body)
export const cancel = (id: string, reason: string) =>
  post<Directive>(`/directives/${id}/cancellation`, { reason })

export interface AllClear {
  reason: string
  override_reason?: string
  unit_id?: string
}
export const clearDirective = (id: string, body: AllClear) =>
  post<Directive>(`/directives/${id}/all-clear`, body)
export const clearEvent = (id: string, body: AllClear) => post<TaskEvent>(`/events/${id}/all-clear`, body)
