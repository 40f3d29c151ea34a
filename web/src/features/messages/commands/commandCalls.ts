import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { commands } from '@/api'
import type { CommandCall } from '@/api/commands'
import { newClientId } from '@/offline/clientId'
import { withCall } from './typed'

/** An event may be lost: what still waits is asked for again, so that nobody waits for ever. */
const ASK_AGAIN_MS = 8_000

/** What I asked of apps by commands on this device, and what came of it. */
export const useCommandCalls = defineStore('commandCalls', () => {
  const calls = shallowRef<CommandCall[]>([])
  /** Of other devices' questions this one shows nothing. */
  const mine = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const inConversation = (id: string) => calls.value.filter(({ conversation_id }) => conversation_id === id)

  function note(call: CommandCall): void {
    if (!mine.has(call.id)) return
    calls.value = withCall(calls.value, call)
    clearTimeout(timer)
    if (calls.value.some(({ state }) => state === 'waiting')) timer = setTimeout(() => void refresh(), ASK_AGAIN_MS)
  }

  async function refresh(): Promise<void> {
    const waiting = calls.value.filter(({ state }) => state === 'waiting')
    const found = await Promise.allSettled(waiting.map(({ id }) => commands.call(id)))
    found.forEach((each, index) => {
      const before = waiting[index]
      if (each.status === 'fulfilled') note(each.value)
      else if (before) note(before)
    })
  }

  async function ask(conversationId: string, miniappId: string, name: string, text: string): Promise<void> {
    const call = await commands.ask(conversationId, { miniapp_id: miniappId, name, text, client_id: newClientId() })
    mine.add(call.id)
    note(call)
  }

  async function again(call: CommandCall): Promise<void> {
    await ask(call.conversation_id, call.app.id, call.name, call.text)
    dismiss(call.id)
  }

  function dismiss(id: string): void {
    mine.delete(id)
    calls.value = calls.value.filter((each) => each.id !== id)
  }

  function reset(): void {
    clearTimeout(timer)
    calls.value = []
    mine.clear()
  }

  return { calls, inConversation, note, ask, again, dismiss, reset }
})
