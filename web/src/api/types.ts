export type UnitLevel = 1 | 2 | 3 | 4 | 5 | 6
export type Role = 'leader' | 'deputy' | 'duty_officer' | 'member'
export type Urgency = 'normal' | 'urgent' | 'critical'
export type Mode = 'actual' | 'exercise'
export type ResponseLevel = 1 | 2 | 3 | 4
export type ConversationKind = 'direct' | 'group' | 'org_group' | 'announcement'
export type MemberRole = 'owner' | 'admin' | 'member'
export type AssignmentState =
  | 'issued'
  | 'delivered'
  | 'read'
  | 'acknowledged'
  | 'reported'
  | 'completed'

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface UnitBrief {
  id: string
  code: string
  name: string
  level: UnitLevel
}

export interface Unit extends UnitBrief {
  parent_id: string | null
  status: 'active' | 'merged' | 'abolished'
  successor_id: string | null
  full_name: string
  has_children: boolean
}

export interface UnitCounts {
  items: { level: UnitLevel; units: number }[]
  officials: number
}

export interface Line {
  code: string
  name: string
}

export interface Post {
  id: string
  unit: UnitBrief & { full_name: string }
  line: Line
  title: string
  role: Role
  order: number
  is_primary: boolean
}

export interface Official {
  id: string
  name: string
  phone: string | null
  posts: Post[]
}

export interface OfficialRef {
  id: string
  name: string
  post_title: string
  unit_name: string
}

export interface Audience {
  unit_id: string
  levels: UnitLevel[] | null
  line: string | null
  role: Role | null
}

export type DescribedAudience = Audience & { text: string }

export interface AudiencePreview {
  text: string
  units: number
  officials: number
}

export interface Principal {
  official: Official | null
  account: { id: string; username: string }
  post: Post | null
  posts: Post[]
  grants: { role: string; unit_id: string | null; audience: Audience | null; text: string }[]
  session: { id: string; kind: string; expires_at: string }
  csrf_token?: string
  may: {
    issue_directives: boolean
    administer: boolean
    develop_apps: boolean
    review_apps: boolean
    post_announcements: boolean
  }
}

export interface OwnSession {
  id: string
  kind: string
  device: string
  created_at: string
  expires_at: string
  current: boolean
}

export interface Message {
  id: string
  conversation_id: string
  seq: number
  sender: OfficialRef
  client_id: string | null
  kind: string
  text: string | null
  content: Record<string, unknown> | null
  reply_to: { seq: number; sender_name: string; kind: string; text: string | null } | null
  created_at: string
  recalled_at: string | null
  recalled_by: Person | null
  /** Since when its words are not kept any more. */
  removed_at?: string | null
  edited_at: string | null
  mentions: Mentions | null
  mentions_me: boolean | null
  reactions: Reaction[]
  pinned: boolean
  favourite: boolean
}

export interface Person {
  id: string
  name: string
}

export interface Mentions {
  all: boolean
  people: Person[]
  audience: DescribedAudience | null
}

export interface Reaction {
  key: string
  count: number
  mine: boolean
}

export interface Draft {
  text: string
  reply_to_seq: number | null
  updated_at: string
}

/** What I made of a conversation for myself. */
export interface MyConversation {
  pinned_at: string | null
  muted: boolean
  marked_unread: boolean
  draft: Draft | null
}

export interface Conversation {
  id: string
  kind: ConversationKind
  name: string
  audience: DescribedAudience | null
  members: number | null
  my_role: MemberRole
  last_seq: number
  read_seq: number
  unread: number
  last_message: Message | null
  updated_at: string
  may_post: boolean
  may_manage: boolean
  /** Unread messages that mention me, and the first of them. */
  mentioned: { count: number; seq: number } | null
  my: MyConversation
}

export type Member = OfficialRef & { role: MemberRole }

export interface Readers extends Page<OfficialRef> {
  read: number
  unread: number
}

export interface SyncAnswer {
  cursor: string
  /** These are all the conversations there are: what was kept before is forgotten. */
  complete: boolean
  conversations: Conversation[]
  left: string[]
  changed: { conversation_id: string; seq: number }[]
  assignments: { open: number; overdue: number }
  dings: { unconfirmed: number }
  next: string | null
}

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

export interface FigureSpec {
  key: string
  name: string
  unit: string
  minimum: number
  required: boolean
}

export interface DirectiveBrief {
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
  rev: number
  units: number
  status: 'open' | 'closed'
  my_assignment_id: string | null
}

export interface Report {
  id: string
  no: number
  figures: Record<string, number | null>
  text: string | null
  by: OfficialRef
  created_at: string
  device_time: string | null
  client_id: string | null
}

/** Whom to call; whoever is on duty stands first. */
export type Contact = OfficialRef & { phone: string | null; role: Role }

export interface Assignment {
  id: string
  directive: DirectiveBrief
  unit: UnitBrief
  state: AssignmentState
  ack_deadline: string
  report_deadline: string | null
  overdue: 'acknowledge' | 'report' | null
  delivered_at: string | null
  read_at: string | null
  acknowledged: { at: string; by: OfficialRef } | null
  reported_at: string | null
  completed_at: string | null
  notes: { unit_name: string; by: OfficialRef; text: string; at: string }[]
  latest_report: Report | null
  below: { addressed: number; acknowledged: number; reported: number; completed: number }
  may: { acknowledge: boolean; report: boolean; cascade: boolean; complete: boolean }
  history?: { at: string; move: string; by: OfficialRef | null; detail: Record<string, unknown> | null }[]
  reports?: Report[]
  contacts?: Contact[]
}

export interface RollupRow {
  unit: UnitBrief & { has_children: boolean }
  addressed: number
  delivered: number
  acknowledged: number
  reported: number
  completed: number
  overdue: number
  unstaffed: number
  figures: Record<string, number | null>
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
  | 'any'

export interface Localized {
  zh: string
  en: string
}

export type AppCategory = 'emergency' | 'office' | 'people' | 'data' | 'other'
export type AppState =
  | 'draft'
  | 'in_review'
  | 'approved'
  | 'rejected'
  | 'published'
  | 'suspended'

export interface WorkbenchApp {
  id: string
  app_id: string
  name: Localized
  description: Localized
  icon: string | null
  category: AppCategory
  entry_url: string
  entry_origin: string
}

export interface Manifest {
  id: string
  entry_url: string
  scopes: { name: string; reason: string }[]
  redirect_uris: string[]
  [key: string]: unknown
}

export interface MiniApp {
  id: string
  app_id: string
  name: Localized
  description: Localized
  icon: string | null
  category: AppCategory
  state: AppState
  version: number
  manifest: Manifest
  review: { at: string; reason: string } | null
  suspension: { at: string; reason: string } | null
  client_id: string
  client_secret?: string | null
  created_at: string
}

export interface LaunchCode {
  code: string
  redirect_uri: string
  state: string | null
  expires_at: string
}
