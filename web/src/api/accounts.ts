import { get, patch, post } from './client'
import type { Account, Page } from './types'

export const list = (q: string, cursor: string | null) => get<Page<Account>>('/accounts', { q, cursor })

export const setStatus = (id: string, status: Account['status']) => patch<Account>(`/accounts/${id}`, { status })

export const resetPassword = (id: string) =>
  post<{ initial_password: string }>(`/accounts/${id}/password-reset`)

export const takeSecondFactor = (id: string, reason: string) =>
  post<null>(`/accounts/${id}/second-factor-reset`, { reason })
