import { reactive } from 'vue'
import type { Person } from '@/api/types'

const SHOWN_MS = 6_000
const typing = reactive(new Map<string, Map<string, Person>>())
const timers = new Map<string, ReturnType<typeof setTimeout>>()

export function noteTyping(conversationId: string, person: Person): void {
  const people = typing.get(conversationId) ?? new Map<string, Person>()
  typing.set(conversationId, people.set(person.id, person))
  const key = `${conversationId}/${person.id}`
  clearTimeout(timers.get(key))
  timers.set(key, setTimeout(() => stopTyping(conversationId, person.id), SHOWN_MS))
}

/** A message of theirs ends it, or the time does. */
export function stopTyping(conversationId: string, officialId: string): void {
  typing.get(conversationId)?.delete(officialId)
}

export function typersIn(conversationId: string): string[] {
  return [...(typing.get(conversationId)?.values() ?? [])].map(({ name }) => name)
}

export function forgetTyping(): void {
  for (const timer of timers.values()) clearTimeout(timer)
  timers.clear()
  typing.clear()
}
