import { del, get, post, put } from './client'
import { deviceName } from '@/lib/device'
import type { OwnSession, Page, Principal } from './types'

export const me = () => get<Principal>('/me')

export const signIn = (username: string, password: string, code?: string) =>
  post<{ csrf_token: string }>('/sessions', {
    username,
    password,
    code,
    client: 'browser',
    device: deviceName(navigator.userAgent),
  })

export const sessions = (cursor: string | null) => get<Page<OwnSession>>('/sessions', { cursor })
export const endSession = (id: string) => del<null>(`/sessions/${id}`)
export const signOut = () => del<null>('/sessions/current')
export const signOutEverywhere = () => del<null>('/sessions')
export const actAs = (postId: string) => put<Principal>('/me/post', { post_id: postId })
export const changePassword = (current: string, next: string) =>
  put<null>('/me/password', { current, new: next })
