import { del, get, post, put } from './client'
import type { Principal } from './types'

const DEVICE_LENGTH = 100

export const me = () => get<Principal>('/me')

export const signIn = (username: string, password: string) =>
  post<{ csrf_token: string }>('/sessions', {
    username,
    password,
    client: 'browser',
    device: navigator.userAgent.slice(0, DEVICE_LENGTH),
  })

export const signOut = () => del<null>('/sessions/current')
export const signOutEverywhere = () => del<null>('/sessions')
export const actAs = (postId: string) => put<Principal>('/me/post', { post_id: postId })
export const changePassword = (current: string, next: string) =>
  put<null>('/me/password', { current, new: next })
