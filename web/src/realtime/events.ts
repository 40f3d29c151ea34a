import type { CardAction } from '@/api/cards'
import type { Confirmed } from '@/api/announcing'
import type { CommandCall } from '@/api/commands'
import type { Comment } from '@/api/comments'
import type { Ding, DingState, MyAnswer, Progress } from '@/api/dings'
import type { NotificationSettings } from '@/api/notifications'
import type { Scheduled } from '@/api/scheduled'
import type { Todo } from '@/api/todos'
import type {
  AssignmentState,
  ConversationKind,
  Draft,
  EventBrief,
  Message,
  Mode,
  MyConversation,
  Person,
  Urgency,
} from '@/api/types'

export interface PushedEvent<T = unknown> {
  id: string
  type: string
  occurred_at: string
  data: T
}

export interface EventData {
  'message.created': Message & {
    conversation: { id: string; kind: ConversationKind; name: string; last_seq: number }
  }
  'message.recalled': {
    conversation_id: string
    seq: number
    recalled_at: string
    recalled_by?: Person
  }
  'messages.removed': { conversation_id: string; seqs: number[]; removed_at: string }
  'message.updated': {
    conversation_id: string
    seq: number
    text: string
    content: Record<string, unknown> | null
    edited_at: string | null
  }
  'card_action.updated': CardAction
  'reactions.updated': {
    conversation_id: string
    seq: number
    reactions: { key: string; count: number }[]
    official_id: string
    key: string
    added: boolean
    changed_at: string
  }
  'pins.updated': { conversation_id: string; seqs: number[]; changed_at: string }
  'favourite.updated': { conversation_id: string; seq: number; favourite: boolean }
  'my.updated': { conversation_id: string; my: MyConversation }
  'draft.updated': { conversation_id: string; draft: Draft | null; origin: string | null }
  'notice.updated': { conversation_id: string }
  'bots.updated': { conversation_id: string }
  'join_request.updated': { conversation_id: string; request_id: string; state: string }
  typing: { conversation_id: string; official: Person }
  'presence.updated': { official_id: string; online: boolean }
  'receipt.updated': { conversation_id: string; official_id: string; read_seq: number }
  'conversation.updated': { conversation_id: string }
  'conversation.removed': { conversation_id: string }
  'directive.issued': { directive_id: string; title: string; urgency: Urgency; event: EventBrief }
  'directive.copied': { directive_id: string; title: string; urgency: Urgency; event: EventBrief }
  'directive_draft.updated': { draft_id: string; unit_id: string; state: string }
  'directive.ended': { directive_id: string; title: string; kind: 'cancel' | 'supersede' | 'clear'; unit_id: string | null; reason: string; event: EventBrief }
  'assignment.updated': {
    assignment_id: string
    directive_id: string
    unit_id: string
    state: AssignmentState
    mode: Mode
  }
  'escalation.fired': { directive_id: string; title: string; urgency: Urgency; event: EventBrief; step: string; kind: string }
  'rollup.updated': { directive_id: string; unit_ids: string[] }
  'warning.received': { warning_id: string; unit_id: string; name: string }
  'warning.updated': {
    warning_id: string
    replaced_by: { id: string; msg_type: string } | null
    raised: { unit_id: string; event_id: string } | null
  }
  'ding.created': Ding
  'miniapp.closed': { miniapp_id: string }
  'ding.repeated': Ding
  'ding.cancelled': { ding_id: string; cancelled_at: string }
  'ding.completed': { ding_id: string; completed_at: string }
  'ding.receipt': { ding_id: string; my: MyAnswer }
  'ding.progress': {
    ding_id: string
    state: DingState
    completed_at: string | null
    next_repeat_at: string | null
  } & Progress
  'confirmation.updated': {
    conversation_id: string
    seq: number
    confirm: { confirmed_at: string }
  }
  'confirmation.progress': { conversation_id: string; seq: number } & Confirmed
  'comment.created': { conversation_id: string; seq: number; comments: number; comment: Comment }
  'comment.removed': { conversation_id: string; seq: number; comments: number; comment: Comment }
  'scheduled.updated': Scheduled
  'notifications.updated': NotificationSettings
  'todo.updated': { todo: Todo }
  'command.updated': CommandCall
  'posts.changed': { official_id: string }
  'unit.changed': { unit_id: string; change: string; rev: number }
  'session.revoked': { session_id: string }
  /** Pull what was missed; `rights`: who one is, or where one belongs, is another thing now. */
  'rooms.resync': { rights?: boolean }
}

export type EventName = keyof EventData
type Handler<N extends EventName> = (data: EventData[N]) => void

/** Every one of them: one that is left out here would be heard by nobody. */
const HEARD: Record<EventName, true> = {
  'message.created': true,
  'message.recalled': true,
  'messages.removed': true,
  'message.updated': true,
  'reactions.updated': true,
  'pins.updated': true,
  'favourite.updated': true,
  'my.updated': true,
  'draft.updated': true,
  'notice.updated': true,
  'bots.updated': true,
  'join_request.updated': true,
  typing: true,
  'presence.updated': true,
  'receipt.updated': true,
  'conversation.updated': true,
  'conversation.removed': true,
  'directive.issued': true,
  'directive.copied': true,
  'directive_draft.updated': true,
  'directive.ended': true,
  'assignment.updated': true,
  'rollup.updated': true,
  'warning.received': true,
  'warning.updated': true,
  'ding.created': true,
  'miniapp.closed': true,
  'ding.repeated': true,
  'ding.cancelled': true,
  'ding.completed': true,
  'ding.receipt': true,
  'ding.progress': true,
  'confirmation.updated': true,
  'confirmation.progress': true,
  'comment.created': true,
  'comment.removed': true,
  'scheduled.updated': true,
  'notifications.updated': true,
  'todo.updated': true,
  'command.updated': true,
  'posts.changed': true,
  'unit.changed': true,
  'session.revoked': true,
  'rooms.resync': true,
  'card_action.updated': true,
  'escalation.fired': true,
}

export const EVENT_NAMES = Object.keys(HEARD) as EventName[]

/** Delivery is at least once: an event may come again after a reconnect, and must act once. */
export class SeenEvents {
  private readonly ids = new Set<string>()

  constructor(private readonly capacity = 2_000) {}

  isRepeat(id: string): boolean {
    if (this.ids.has(id)) return true
    this.ids.add(id)
    if (this.ids.size > this.capacity) {
      const oldest = this.ids.values().next().value
      if (oldest !== undefined) this.ids.delete(oldest)
    }
    return false
  }
}

export class EventBus {
  private readonly handlers = new Map<EventName, Set<Handler<never>>>()

  /** Returns the function that ends the subscription. */
  on<N extends EventName>(name: N, handler: Handler<N>): () => void {
    const set = this.handlers.get(name) ?? new Set()
    set.add(handler as Handler<never>)
    this.handlers.set(name, set)
    return () => set.delete(handler as Handler<never>)
  }

  emit<N extends EventName>(name: N, data: EventData[N]): void {
    for (const handler of this.handlers.get(name) ?? []) (handler as Handler<N>)(data)
  }
}
