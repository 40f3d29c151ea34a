import { get, post, put } from './client'
import type {
  AppSecret,
  AppVersion,
  Audience,
  LaunchCode,
  MiniApp,
  OpenedApp,
  Page,
  Placement,
  Usage,
  WorkbenchApp,
} from './types'

export interface LaunchRequest {
  code_challenge: string
  code_challenge_method: 'S256'
  redirect_uri: string
  state?: string
  nonce?: string
}

export const workbench = (cursor: string | null = null) =>
  get<Page<WorkbenchApp>>('/workbench', { limit: 200, cursor })
export const opened = (id: string) => get<OpenedApp>(`/workbench/${id}`)
/** The page that holds the app's frame, from our own origin and with the app's own policy. */
export const frameUrl = (id: string, at = '', phone = false) => {
  const asked = new URLSearchParams({ ...(at && { at }), ...(phone && { phone: 'true' }) }).toString()
  return `/api/v1/miniapps/${id}/frame${asked ? `?${asked}` : ''}`
}
export const noteOpening = (id: string, outcome: 'opened' | 'failed') =>
  post<null>(`/miniapps/${id}/openings`, { outcome })
export const setFavourites = (ids: string[]) => put<null>('/workbench/favourites', { miniapp_ids: ids })
export const setBadge = (id: string, count: number) => put<null>(`/workbench/${id}/badge`, { count })
/** What I uploaded for an app, which may use it from now on. */
export const handOver = (id: string, fileId: string) => put<null>(`/workbench/${id}/files/${fileId}`, {})
export const known = (id: string, picked: { official_ids?: string[]; unit_ids?: string[] }) =>
  post<{ official_ids: string[]; known_as: string[]; unit_ids: string[] }>(`/workbench/${id}/known`, picked)
/** Whom an app means by the names that it knows officials by. */
export const meant = (id: string, said: string[]) =>
  post<{ official_ids: string[] }>(`/workbench/${id}/meant`, { said })
export const usage = (id: string, query: { unit_id?: string; first?: string; last?: string } = {}) =>
  get<Usage>(`/miniapps/${id}/usage`, query)
/** What stands first for audiences of exactly this unit. */
export const placements = (unitId: string) =>
  get<Page<Placement>>('/workbench/placements', { unit_id: unitId })
export const setPlacements = (audience: Audience, items: { miniapp_id: string; fixed: boolean }[]) =>
  put<null>('/workbench/placements', { audience, items })
export const launch = (id: string, body: LaunchRequest) =>
  post<LaunchCode>(`/miniapps/${id}/launch`, body)
/** The newest first; of one state, or with a part of the name. */
export const miniApps = (query: { state?: string; q?: string; cursor?: string | null } = {}) =>
  get<Page<MiniApp>>('/miniapps', { limit: 100, ...query })
export const register = (manifest: unknown) => post<MiniApp>('/miniapps', { manifest })
export const update = (id: string, manifest: unknown) =>
  put<MiniApp>(`/miniapps/${id}`, { manifest })
export const submit = (id: string) => post<MiniApp>(`/miniapps/${id}/submission`)
/** `version` is the one that was looked at: a newer one that came meanwhile is not decided with it. */
export const review = (
  id: string,
  body: { decision: 'approve' | 'reject'; reason: string; version: number },
) => post<MiniApp>(`/miniapps/${id}/review`, body)
export const miniApp = (id: string) => get<MiniApp>(`/miniapps/${id}`)
export const versions = (id: string) =>
  get<Page<AppVersion>>(`/miniapps/${id}/versions`, { limit: 200 })
/** To everybody, or with less than a hundred percent to some of them first. */
export const publish = (id: string, body: { percent?: number; audiences?: Audience[] } = {}) =>
  post<MiniApp>(`/miniapps/${id}/publication`, body)
export const rollBack = (id: string, reason: string, version: number | null) =>
  post<MiniApp>(`/miniapps/${id}/rollback`, { reason, version })
export const retire = (id: string, reason: string) =>
  post<MiniApp>(`/miniapps/${id}/retirement`, { reason })
export const makeSecret = (id: string) => post<AppSecret>(`/miniapps/${id}/secret`)
export const suspend = (id: string, reason: string) =>
  post<MiniApp>(`/miniapps/${id}/suspension`, { reason })
