import { get, post } from './client'
import type { OfficialRef, Page } from './types'

export interface Bulletin {
  id: string
  no: number
  title: string
  exercise: boolean
  at: string
  by: OfficialRef
  sha256: string
}

export interface NewBulletin {
  unit_id: string
  next_steps: string
  signer: string
  office?: string
  copies: string[]
  client_id: string
}

/** Addresses that the browser downloads from, with its own sign-in. */
export const tableUrl = (directiveId: string, unitId: string, format: 'xlsx' | 'csv') =>
  `/api/v1/directives/${directiveId}/export?unit_id=${unitId}&format=${format}`
export const documentUrl = (id: string) => `/api/v1/bulletins/${id}/document`

export const bulletins = (directiveId: string, unitId: string) =>
  get<Page<Bulletin>>(`/directives/${directiveId}/bulletins`, { unit_id: unitId, limit: 5 })
export const issueBulletin = (directiveId: string, body: NewBulletin) =>
  post<Bulletin>(`/directives/${directiveId}/bulletins`, body)
