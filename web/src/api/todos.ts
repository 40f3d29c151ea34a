import { get, post } from './client'
import type { Localized, Page } from './types'

export interface Todo {
  id: string
  miniapp_id: string
  title: string
  link: string | null
  due_at: string | null
  state: 'open' | 'done' | 'withdrawn'
  app?: { id: string; app_id: string; name: Localized } | null
}

export interface TodoCounts {
  open: number
  late: number
  apps: { miniapp_id: string; open: number; late: number }[]
}

export const open = (cursor: string | null) =>
  get<Page<Todo>>('/todos', { state: 'open', cursor, limit: 50 })
export const counts = () => get<TodoCounts>('/todos/counts')
export const done = (id: string) => post<Todo>(`/todos/${id}/done`)
