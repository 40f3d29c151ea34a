import { reactive } from 'vue'
import { chat } from '@/api'
import type { Draft } from '@/api/types'
import { useSession } from '@/features/signin/session'
import { debounce } from '@/lib/debounce'
import { newClientId } from '@/offline/clientId'
import { useConversations } from './conversations'

export interface LocalDraft {
  text: string
  replyTo: number | null
}

const SAVE_AFTER_MS = 1_200
const LEAVE_WITHIN_MS = 1_500
/** Tells the events of this tab from those of my other devices. */
const origin = newClientId()
const drafts = reactive(new Map<string, LocalDraft>())
const saves = new Map<string, { (): void; cancel: () => void }>()

/** What the server does not have yet survives a reload; whoever else signs in here does not see it. */
function keyOf(conversationId: string): string {
  return `zzd.draft.${useSession().officialId}.${conversationId}`
}

function unsaved(conversationId: string): LocalDraft | null {
  try {
    return JSON.parse(localStorage.getItem(keyOf(conversationId)) ?? 'null') as LocalDraft | null
  } catch {
    return null
  }
}

/** What was typed and not sent: here first, then what another device left with the conversation. */
export function draftOf(conversationId: string): LocalDraft {
  const kept = drafts.get(conversationId) ?? unsaved(conversationId)
  if (kept) return kept
  const stored = useConversations().byId.get(conversationId)?.my?.draft
  return { text: stored?.text ?? '', replyTo: stored?.reply_to_seq ?? null }
}

export function keepDraft(conversationId: string, draft: LocalDraft): void {
  const before = draftOf(conversationId)
  if (before.text === draft.text && before.replyTo === draft.replyTo) return
  drafts.set(conversationId, draft)
  localStorage.setItem(keyOf(conversationId), JSON.stringify(draft))
  let save = saves.get(conversationId)
  if (!save) {
    save = debounce(() => void store(conversationId), SAVE_AFTER_MS)
    saves.set(conversationId, save)
  }
  save()
}

async function store(conversationId: string): Promise<void> {
  const kept = draftOf(conversationId)
  const { text, replyTo } = kept
  try {
    const { draft } = await chat.saveDraft(conversationId, {
      text: text.trim() ? text : '',
      reply_to_seq: text.trim() ? replyTo : null,
      origin,
    })
    useConversations().noteDraft(conversationId, draft)
    if (draftOf(conversationId) === kept) localStorage.removeItem(keyOf(conversationId))
  } catch {
    // It stays on this machine; the next change saves it again.
  }
}

/** Before the page goes: what the server does not get now stays on this machine. */
export async function saveDraftsNow(): Promise<void> {
  for (const save of saves.values()) save.cancel()
  const here = [...drafts.keys()].filter((id) => unsaved(id) !== null)
  await Promise.race([Promise.all(here.map(store)), new Promise((done) => setTimeout(done, LEAVE_WITHIN_MS))])
}

/** Another device wrote: its words replace what this one last saw, unless somebody is writing here right now. */
export function noteOtherDraft(
  conversationId: string,
  draft: Draft | null,
  from: string | null,
): void {
  if (from === origin) return
  useConversations().noteDraft(conversationId, draft)
  localStorage.removeItem(keyOf(conversationId))
  drafts.set(conversationId, { text: draft?.text ?? '', replyTo: draft?.reply_to_seq ?? null })
}

export function forgetDrafts(): void {
  for (const save of saves.values()) save.cancel()
  saves.clear()
  drafts.clear()
}
