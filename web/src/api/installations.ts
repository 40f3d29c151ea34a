import { del, get, patch, post } from './client'
import type { Audience, Installable, Installation, Page, SettingValues } from './types'

export interface Consent {
  scopes: string[]
  data_audience: Audience | null
  settings: SettingValues
  /** The version whose wishes were read: a newer one that came meanwhile is not consented to. */
  version: number
}

export const installable = () => get<Page<Installable>>('/miniapps/installable', { limit: 200 })
export const installations = () => get<Page<Installation>>('/installations', { limit: 200 })
export const install = (body: Consent & { miniapp_id: string; unit_id: string }) =>
  post<Installation>('/installations', body)
export const change = (id: string, body: Consent) =>
  patch<Installation>(`/installations/${id}`, body)
export const remove = (id: string) => del<undefined>(`/installations/${id}`)
