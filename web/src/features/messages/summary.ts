import { useI18n } from 'vue-i18n'
import type { SentFile } from '@/api/files'

interface Summarised {
  kind: string
  text: string | null
  content?: Record<string, unknown> | null
}

/** A message in one line, for lists, quotes and previews: its words, or what it is. */
export function useSummary() {
  const { t } = useI18n()

  return function summaryOf({ kind, text, content }: Summarised): string {
    if (text === null) return t('messages.recalledQuote')
    const what = kindOf(kind, content)
    return what ? [what, text].filter(Boolean).join(' ') : text
  }

  function kindOf(kind: string, content: Record<string, unknown> | null | undefined): string {
    if (kind === 'file') {
      const files = (content?.files ?? []) as SentFile[]
      const [first] = files
      if (!first) return t('chat.kinds.file')
      if (first.voice) return t('chat.kinds.voice')
      if (files.every(({ type }) => type === 'image')) return t('chat.kinds.image')
      return t('chat.kinds.named', { name: first.name })
    }
    if (kind === 'location') return t('chat.kinds.location', { name: String(content?.name ?? '') })
    if (kind === 'forward') return t('chat.kinds.forward', { title: String(content?.title ?? '') })
    if (kind === 'notice') return t('chat.kinds.notice')
    return kind === 'text' || SAID_BY_WORDS.has(kind) ? '' : t('chat.kinds.other')
  }
}

/** Kinds whose words say all. */
const SAID_BY_WORDS = new Set<string>(['card', 'ding'])
