const drafts = new Map<string, string>()

/** What was typed and not sent stays with its conversation while other ones are looked at. */
export function draftOf(conversationId: string): string {
  return drafts.get(conversationId) ?? ''
}

export function keepDraft(conversationId: string, text: string): void {
  if (text) drafts.set(conversationId, text)
  else drafts.delete(conversationId)
}

export function forgetDrafts(): void {
  drafts.clear()
}
