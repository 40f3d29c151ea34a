import { get, post } from './client'
import type { Assignment, ByRisk, Casualties, Page, Position, Report, ReportKind, RollupPart, SumAsked } from './types'

export interface NewReport {
  client_id: string
  kind?: ReportKind
  figures: Record<string, number>
  by_risk?: ByRisk
  casualties?: Partial<Casualties>
  text?: string
  explanation?: string
  position?: Position
  photos?: { file_id: string; taken_at?: string; position?: Position }[]
  files?: { file_id: string }[]
  /** People are still being rescued: holds up the all-clear. */
  rescue_open?: boolean
  /** Why you report for people of the unit who cannot. */
  proxy_reason?: string
  /** When it was written, by this device. */
  device_time: string
  /** What this device's clock shows as it sends. */
  device_clock?: string
}

export const sendReport = (assignmentId: string, body: NewReport) =>
  post<Report>(`/assignments/${assignmentId}/reports`, body)
export const openCorrection = (assignmentId: string, reason: string, client_id: string) =>
  post<Assignment>(`/assignments/${assignmentId}/correction`, { reason, client_id })

/** The reports that a number of the roll-up is made of. */
export const openSum = (directiveId: string, asked: SumAsked, cursor?: string | null) =>
  get<Page<RollupPart> & { sum: number | null; count: number }>(`/directives/${directiveId}/rollup/reports`, {
    unit_id: asked.unit.id,
    own: asked.own || undefined,
    cursor,
    ...('figure' in asked ? { figure: asked.figure, risk: asked.risk } : { casualty: asked.casualty }),
  })
