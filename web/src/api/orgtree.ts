import { get, post } from './client'
import type { Audience, AudiencePreview, Line, Official, Page, Unit, UnitCounts } from './types'

export const rootUnits = () => get<Page<Unit>>('/units', { level: 1 })
export const searchUnits = (q: string, signal?: AbortSignal) =>
  get<Page<Unit>>('/units', { q, limit: 20 }, signal)
export const unit = (id: string) => get<Unit>(`/units/${id}`)
export const children = (id: string, cursor?: string | null) =>
  get<Page<Unit>>(`/units/${id}/children`, { cursor, limit: 200 })
export const ancestors = (id: string) => get<Page<Unit>>(`/units/${id}/ancestors`)
export const counts = (id: string) => get<UnitCounts>(`/units/${id}/counts`)
export const unitOfficials = (id: string, cursor?: string | null, limit = 50) =>
  get<Page<Official>>(`/units/${id}/officials`, { cursor, limit })
export const searchOfficials = (q: string, signal?: AbortSignal) =>
  get<Page<Official>>('/officials', { q, limit: 20 }, signal)
export const official = (id: string) => get<Official>(`/officials/${id}`)
export const lines = () => get<Page<Line>>('/lines')
export const previewAudience = (audience: Audience) =>
  post<AudiencePreview>('/audiences/preview', audience)
