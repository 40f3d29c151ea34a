import { del, get, patch, post } from './client'
import type { Page, Person } from './types'

export interface Bot {
  id: string
  conversation_id: string
  name: string
  description: string
  enabled: boolean
  added_by: Person
  created_at: string
  last_said_at: string | null
  secret_no: number
  old_secret_until: string | null
}

/** What the bot's program needs; the server answers these two once. */
export type BotKeys = Bot & { url: string; secret: string }

const at = (conversationId: string) => `/conversations/${conversationId}/bots`

export const list = (conversationId: string) => get<Page<Bot>>(at(conversationId))
export const add = (
  conversationId: string,
  body: { name: string; description: string; client_id: string },
) => post<BotKeys>(at(conversationId), body)
export const change = (bot: Bot, changes: { name?: string; description?: string; enabled?: boolean }) =>
  patch<Bot>(`${at(bot.conversation_id)}/${bot.id}`, changes)
export const rotate = (bot: Bot) =>
  post<BotKeys>(`${at(bot.conversation_id)}/${bot.id}/secret`, { replaces: bot.secret_no })
export const remove = (bot: Bot) => del<null>(`${at(bot.conversation_id)}/${bot.id}`)
