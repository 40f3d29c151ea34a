import { del, get, patch, post } from './client'
import type { Audience, Installable, Installation, Page, SettingValues } from './types'

export interface Consent {
  scopes: string[]
  data_audience: Audience | null
  settings: SettingValues
  /** The version whose wishes were read: a newer one that came meanwhile is not consented to. */
  version: number
}

/** Published apps, by a part of their names. */
export const installable = (q = '', cursor: string | null = null) =>
  get<Page<Installable>>('/miniapps/installable', { q: q.trim(), cursor, limit: 50 })
export const installations = (cursor: string | null = null) =>
  get<Page<Installation>>('/installations', { cursor, limit: 200 })
export const install = (body: Consent & { miniapp_id: string; unit_id: string }) =>
  post<Installation>('/installations', body)
export const change = (id: string, body: Consent) =>
  patch<Installation>(`/installations/${id}`, body)
export const remove = (id: string) => del<undefined>(`/installations/${id}`)
