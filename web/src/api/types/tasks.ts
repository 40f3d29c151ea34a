import type { Casualties, Report } from './reports'
import type { DescribedAudience, OfficialRef, Role, UnitBrief } from './orgtree'

export type Urgency = 'normal' | 'urgent' | 'critical'
export type Mode = 'actual' | 'exercise'
export type ResponseLevel = 1 | 2 | 3 | 4

export type AssignmentState =
  | 'issued'
  | 'delivered'
  | 'read'
  | 'acknowledged'
  | 'reported'
  | 'completed'

export interface EventBrief {
  id: string
  name: string
  mode: Mode
  level: ResponseLevel | null
}

export interface TaskEvent extends EventBrief {
  kind: string
  levels: { level: ResponseLevel; at: string; by: OfficialRef; reason: string }[]
  created_at: string
  status: 'open' | 'closed'
}

export interface Risk {
  key: string
  name: string
}

export interface FigureSpec {
  key: string
  name: string
  unit: string
  minimum: number
  required: boolean
  /** What changes more than so many times must be explained. */
  max_ratio?: number | null
  /** The kinds of risk by which it is given as well. */
  risks?: Risk[]
}

/** Whom to tell so long after a deadline was missed. */
export interface EscalationStep {
  step: 'remind' | 'deputy' | 'leader' | 'parent'
  after_minutes: number
  working_days: boolean
}

export interface UnitRef {
  id: string
  name: string
}

export interface StoredFileRef {
  id: string
  name: string
  size: number
  media_type: string | null
}

/** The order of a plan that a directive was issued from. */
export interface PlanRef {
  id: string
  no: number
  name: string
  level: ResponseLevel
  key: string
}

/** What goes with a directive: who leads, who has a copy, what is attached. */
export interface Company {
  lead_unit: UnitRef | null
  cooperating_units: UnitRef[]
  copies: DescribedAudience[]
  files: StoredFileRef[]
  area: { polygon: [number, number][]; levels: number[]; touched: string[] } | null
  plan: PlanRef | null
  countersigned: (OfficialRef & { at: string }) | null
}

export interface DirectiveBrief extends Company {
  id: string
  number: string | null
  title: string
  text: string
  urgency: Urgency
  event: EventBrief
  issuer_unit: { id: string; name: string }
  figures: FigureSpec[]
}

export interface Directive extends DirectiveBrief {
  audiences: DescribedAudience[]
  issuer: OfficialRef
  issued_at: string
  ack_deadline: string
  report_deadline: string | null
  report_interval_minutes: number | null
  escalation: EscalationStep[]
  rev: number
  units: number
  status: 'open' | 'closed'
  my_assignment_id: string | null
}

/** Whom to call; whoever is on duty stands first. */
export type Contact = OfficialRef & { phone: string | null; role: Role }

export interface Assignment {
  id: string
  directive: DirectiveBrief
  unit: UnitBrief
  part: 'lead' | 'cooperating' | null
  state: AssignmentState
  ack_deadline: string
  report_deadline: string | null
  due_at: string | null
  overdue: 'acknowledge' | 'report' | null
  next_step: { step: StepName; at: string; published: boolean } | null
  escalated_at: string | null
  delivered_at: string | null
  read_at: string | null
  acknowledged: { at: string; by: OfficialRef } | null
  reported_at: string | null
  completed_at: string | null
  notes: { unit_name: string; by: OfficialRef; text: string; at: string }[]
  latest_report: Report | null
  below: { addressed: number; acknowledged: number; reported: number; completed: number }
  final_at: string | null
  correction_at: string | null
  may: { acknowledge: boolean; report: boolean; cascade: boolean; complete: boolean; reopen: boolean }
  history?: { at: string; move: string; by: OfficialRef | null; detail: Record<string, unknown> | null }[]
  reports?: Report[]
  contacts?: Contact[]
  escalations?: TakenStep[]
}

export type StepName = EscalationStep['step'] | 'ask'

/** Somebody was told that a unit is late, or it was asked for its next report. */
export interface TakenStep {
  no: number
  kind: 'acknowledge' | 'report'
  deadline: string
  step: StepName | 'urge'
  due_at: string
  fired_at: string
  ended_at: string | null
  told: OfficialRef[]
  /** Duties nobody holds, which were passed over. */
  vacant: string[]
  published: boolean
  by: OfficialRef | null
}

/** The latest step that told me of an assignment that is still late. */
export interface Escalation extends TakenStep {
  assignment: Assignment
}

export interface RollupRow {
  unit: UnitBrief & { has_children: boolean }
  addressed: number
  delivered: number
  acknowledged: number
  reported: number
  completed: number
  overdue: number
  escalated: number
  unstaffed: number
  figures: Record<string, number | null>
  by_risk: Record<string, Record<string, number | null>>
  casualties: Casualties
  not_reported: number
}

export interface Rollup {
  directive_id: string
  unit: UnitBrief
  own: RollupRow | null
  rows: RollupRow[]
  total: RollupRow
  at: string
  figures: FigureSpec[]
}

export type AssignmentFilter =
  | 'not_delivered'
  | 'not_acknowledged'
  | 'not_reported'
  | 'not_completed'
  | 'overdue'
  | 'escalated'
  | 'any'
