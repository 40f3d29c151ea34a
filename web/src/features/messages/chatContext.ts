import { inject, provide, type InjectionKey, type Ref } from 'vue'
import type { Conversation, Message } from '@/api/types'

export interface Anchor {
  x: number
  y: number
}

/** What a message on screen can ask of the chat that it stands in. */
export interface ChatContext {
  conversation: Readonly<Ref<Conversation | undefined>>
  /** The seqs that are ticked; null while nothing is being selected. */
  selected: Ref<Set<number> | null>
  reply(message: Message): void
  edit(message: Message): void
  forward(messages: Message[]): void
  startSelecting(message: Message): void
  toggle(seq: number): void
  openMenu(message: Message, at: Anchor): void
  openReactions(message: Message, at: Anchor): void
  showReaders(message: Message): void
  showConfirmations(message: Message): void
  showComments(message: Message): void
  showReactors(message: Message): void
  showVersions(message: Message): void
  showRecord(message: Message): void
  jumpTo(seq: number): void
}

const KEY: InjectionKey<ChatContext> = Symbol('chat')

export function provideChat(context: ChatContext): ChatContext {
  provide(KEY, context)
  return context
}

export function useChat(): ChatContext {
  const context = inject(KEY)
  if (!context) throw new Error('A message stands in a chat')
  return context
}
