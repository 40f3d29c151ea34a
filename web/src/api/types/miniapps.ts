import type { DescribedAudience } from './orgtree'

export interface Localized {
  zh: string
  en: string
}

export type AppCategory = 'emergency' | 'office' | 'people' | 'data' | 'other'

export type VersionState =
  | 'draft'
  | 'in_review'
  | 'approved'
  | 'rejected'
  | 'rolling_out'
  | 'published'
  | 'superseded'
export type AppState = VersionState | 'suspended' | 'retired'

export interface WorkbenchApp {
  id: string
  app_id: string
  name: Localized
  description: Localized
  icon: string | null
  category: AppCategory
  entry_url: string
  phone_entry_url: string | null
  entry_origin: string
  /** Its place among my favourites. */
  favourite: number | null
  badge: number
  opened_at: string | null
  /** An administrator put it first for good. */
  fixed: boolean
  place: number | null
}

/** With the scopes that were consented to for me. */
export type OpenedApp = WorkbenchApp & { scopes: string[] }

export interface UsageFigures {
  officials: number
  opens: number
  errors: number
}

export interface Usage {
  unit: { id: string; name: string } | null
  first: string
  last: string
  total: UsageFigures
  days: (UsageFigures & { day: string })[]
  units: (UsageFigures & { unit: { id: string; name: string } | null })[]
}

/** An app at its place on the workbenches of an audience. */
export interface PlacedApp {
  miniapp_id: string
  fixed: boolean
  app_id: string
  name: Localized
  icon: string | null
}

export interface Placement {
  audience: DescribedAudience
  items: PlacedApp[]
}

export interface AskedScope {
  name: string
  reason: string
}

/** What a version asks for that the published one does not. */
export interface Wish {
  kind: 'scope' | 'optional_scope' | 'domain' | 'event' | 'audience' | 'data_audience'
  what: string
}

interface Act {
  by: { name: string; unit_name: string }
  at: string
  reason: string
}

export interface Manifest {
  id: string
  entry_url: string
  scopes: AskedScope[]
  optional_scopes?: AskedScope[]
  events?: string[]
  screenshots?: Screenshots
  redirect_uris: string[]
  phone_entry_url?: string
  callback_url?: string
  allowed_domains?: string[]
  audience: { unit_code: string; levels?: number[] | null; line?: string | null; role?: string | null }
  commands?: { name: string; title: Localized }[]
  supplier?: { name: Localized }
  contact?: { name: string; email: string; phone?: string }
  privacy?: { statement: Localized }
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
  published_version: number | null
  rollout: { version: number; percent: number; audiences: DescribedAudience[] } | null
  asks_anew: Wish[] | null
  manifest: Manifest
  review: Act | null
  suspension: Act | null
  retirement: Act | null
  client_id: string
  client_secret?: string | null
  created_at: string
}

export interface AppVersion {
  number: number
  state: VersionState
  manifest: Manifest
  created_at: string
  review: Act | null
  review_skipped: boolean
  published_at: string | null
}

export interface AppSecret {
  client_id: string
  client_secret: string
  previous_until: string | null
}

export interface AppSetting {
  key: string
  type: 'text' | 'integer' | 'boolean' | 'choice'
  title: Localized
  description?: Localized
  required?: boolean
  default?: string | number | boolean
  options?: { value: string; title: Localized }[]
}

export type SettingValues = Record<string, string | number | boolean | null>

export type Screenshots = Record<'zh' | 'en', { src: string; caption?: string }[]>

/** A published app with what it asks of whoever installs it. */
export interface Installable {
  miniapp_id: string
  app_id: string
  name: Localized
  description: Localized
  icon: string | null
  category: AppCategory
  version: number
  scopes: AskedScope[]
  optional_scopes: AskedScope[]
  /** What it wants to be told of, each only with consent to its scope. */
  events: { type: string; scope: string }[]
  screenshots: Screenshots | null
  settings: AppSetting[]
  privacy: { statement: Localized; url?: string } | null
  supplier: { name: Localized; url?: string } | null
  audience: DescribedAudience
  data_audience: DescribedAudience
}

export interface Installation {
  id: string
  miniapp: Pick<MiniApp, 'id' | 'app_id' | 'name' | 'description' | 'icon' | 'category'> & {
    suspended: boolean
    retired: boolean
  }
  unit: { id: string; name: string }
  data_audience: DescribedAudience
  scopes: string[]
  scopes_to_consent_to: string[]
  settings: SettingValues
  version: number
  installed_by: { name: string; unit_name: string }
  created_at: string
}

export interface LaunchCode {
  code: string
  redirect_uri: string
  state: string | null
  expires_at: string
}
