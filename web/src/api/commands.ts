import { get, post } from './client'
import type { Localized, Page } from './types'

export interface CommandApp {
  id: string
  app_id: string
  name: Localized
  icon: string | null
}

/** What an app can be asked by name. */
export interface Command {
  app: CommandApp
  name: string
  title: Localized
  description: Localized | null
}

/** What became of asking. `answer` is for whoever asked alone, `seq` the message that everybody sees. */
export interface CommandCall {
  id: string
  conversation_id: string
  app: CommandApp
  name: string
  text: string
  state: 'waiting' | 'answered' | 'failed'
  reason: 'no_answer' | 'app_gone' | null
  answer: string | null
  seq: number | null
  created_at: string
}

export const list = (conversationId: string) => get<Page<Command>>(`/conversations/${conversationId}/commands`)
export const ask = (conversationId: string, body: { miniapp_id: string; name: string; text: string; client_id: string }) =>
  post<CommandCall>(`/conversations/${conversationId}/commands`, body)
export const call = (id: string) => get<CommandCall>(`/command-calls/${id}`)
