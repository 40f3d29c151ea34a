import { get, post, put } from './client'
import type { LaunchCode, MiniApp, Page, WorkbenchApp } from './types'

export interface LaunchRequest {
  code_challenge: string
  code_challenge_method: 'S256'
  redirect_uri: string
  state?: string
}

export const workbench = () => get<Page<WorkbenchApp>>('/workbench', { limit: 200 })
export const launch = (id: string, body: LaunchRequest) =>
  post<LaunchCode>(`/miniapps/${id}/launch`, body)
export const miniApps = () => get<Page<MiniApp>>('/miniapps', { limit: 200 })
export const register = (manifest: unknown) => post<MiniApp>('/miniapps', { manifest })
export const update = (id: string, manifest: unknown) =>
  put<MiniApp>(`/miniapps/${id}`, { manifest })
export const submit = (id: string) => post<MiniApp>(`/miniapps/${id}/submission`)
/** `version` is the one that was looked at: a newer one that came meanwhile is not decided with it. */
export const review = (
  id: string,
  body: { decision: 'approve' | 'reject'; reason: string; version: number },
) => post<MiniApp>(`/miniapps/${id}/review`, body)
export const publish = (id: string) => post<MiniApp>(`/miniapps/${id}/publication`)
export const suspend = (id: string, reason: string) =>
  post<MiniApp>(`/miniapps/${id}/suspension`, { reason })
