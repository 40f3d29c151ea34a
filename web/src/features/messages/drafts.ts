import { reactive } from 'vue'
import { chat } from '@/api'
import type { Draft } from '@/api/types'
import { debounce } from '@/lib/debounce'
import { newClientId } from '@/offline/clientId'
import { useConversations } from './conversations'

export interface LocalDraft {
  text: string
  replyTo: number | null
}

const SAVE_AFTER_MS = 1_200
/** Tells the events of this tab from those of my other devices. */
const origin = newClientId()
const drafts = reactive(new Map<string, LocalDraft>())
const saves = new Map<string, { (): void; cancel: () => void }>()

/** What was typed and not sent: here first, then what another device left with the conversation. */
export function draftOf(conversationId: string): LocalDraft {
  const kept = drafts.get(conversationId)
  if (kept) return kept
  const stored = useConversations().byId.get(conversationId)?.my?.draft
  return { text: stored?.text ?? '', replyTo: stored?.reply_to_seq ?? null }
}

export function keepDraft(conversationId: string, draft: LocalDraft): void {
  const before = draftOf(conversationId)
  if (before.text === draft.text && before.replyTo === draft.replyTo) return
  drafts.set(conversationId, draft)
  let save = saves.get(conversationId)
  if (!save) {
    save = debounce(() => void store(conversationId), SAVE_AFTER_MS)
    saves.set(conversationId, save)
  }
  save()
}

async function store(conversationId: string): Promise<void> {
  const { text, replyTo } = draftOf(conversationId)
  try {
    const { draft } = await chat.saveDraft(conversationId, {
      text: text.trim() ? text : '',
      reply_to_seq: text.trim() ? replyTo : null,
      origin,
    })
    useConversations().noteDraft(conversationId, draft)
  } catch {
    // It stays in this window; the next change saves it again.
  }
}

/** Another device wrote: its words replace what this one last saw, unless somebody is writing here right now. */
export function noteOtherDraft(
  conversationId: string,
  draft: Draft | null,
  from: string | null,
): void {
  if (from === origin) return
  useConversations().noteDraft(conversationId, draft)
  drafts.set(conversationId, { text: draft?.text ?? '', replyTo: draft?.reply_to_seq ?? null })
}

export function forgetDrafts(): void {
  for (const save of saves.values()) save.cancel()
  saves.clear()
  drafts.clear()
}
