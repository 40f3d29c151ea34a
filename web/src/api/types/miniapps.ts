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
