import type { Report } from './reports'
import type { DescribedAudience, OfficialRef, Role, UnitBrief } from './orgtree'

export type Urgency = 'normal' | 'urgent' | 'critical'
export type Mode = 'actual' | 'exercise'
export type ResponseLevel = 1 | 2 | 3 | 4

export type AssignmentState =
  | 'issued'
  | 'delivered'
  | 'read'
  | 'acknowledged'
  | 'in_progress'
  | 'reported'
  | 'completed'
  | 'returned'
  | 'transferred'
  | 'cancelled'
  | 'superseded'

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
  status: 'open' | 'closed' | 'cancelled' | 'superseded'
  version: number
  supersedes_id: string | null
  way: Way
}

/** To all levels at once, or level by level. */
export type Way = 'all' | 'stepwise'

export interface Change {
  field: string
  before: string | string[] | null
  after: string | string[] | null
}

/** How a directive ended, or a branch of it. */
export interface Ending {
  kind: 'cancel' | 'supersede' | 'clear'
  at: string
  by: OfficialRef
  reason: string
  unit_id: string | null
  rescues: number
  override_reason: string | null
}

/** Only where one is looked at by itself. */
export interface Standing {
  endings?: Ending[]
  changes?: Change[]
  successor_id?: string | null
}

/** The other side of a transfer. */
export interface HandedOver {
  unit: UnitBrief
  assignment_id: string
  reason: string
  by: OfficialRef
  at: string
}

export interface Directive extends DirectiveBrief, Standing {
  may?: { update: boolean; cancel: boolean; all_clear: boolean; clear_branch: boolean }
  audiences: DescribedAudience[]
  issuer: OfficialRef
  issued_at: string
  ack_deadline: string
  report_deadline: string | null
  report_interval_minutes: number | null
  escalation: EscalationStep[]
  rev: number
  units: number
  my_assignment_id: string | null
}

/** Whom to call; whoever is on duty stands first. */
export type Contact = OfficialRef & { phone: string | null; role: Role }

export interface Assignment extends Standing {
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
  acknowledged: { at: string; by: OfficialRef; proxy_reason: string | null } | null
  reported_at: string | null
  completed_at: string | null
  cleared_at: string | null
  stood_down_at: string | null
  transferred_from: HandedOver | null
  transferred_to: HandedOver | null
  successor_assignment_id?: string | null
  /** Whose subtree it may be handed over in: who passed it on, or issued it. */
  origin?: { id: string; name: string }
  notes: { unit_name: string; by: OfficialRef; text: string; at: string }[]
  latest_report: Report | null
  below: { addressed: number; acknowledged: number; reported: number; completed: number }
  final_at: string | null
  correction_at: string | null
  may: { acknowledge: boolean; report: boolean; cascade: boolean; complete: boolean; reopen: boolean; start: boolean; give_back: boolean; transfer: boolean; stand_down: boolean; proxy: boolean }
  history?: { at: string; move: string; by: OfficialRef | null; detail: Record<string, unknown> | null; device: string | null; proxy_reason: string | null }[]
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

export type AssignmentFilter =
  | 'not_delivered'
  | 'not_acknowledged'
  | 'not_reported'
  | 'not_completed'
  | 'overdue'
  | 'returned'
  | 'transferred'
  | 'not_stood_down'
  | 'escalated'
  | 'any'
