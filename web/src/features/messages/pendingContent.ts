import type { NewMessage } from '@/api/messaging'
import type { SentFile } from '@/api/files'
import { useUploads } from './files/uploads'

export interface ShownContent {
  kind: string
  text: string
  content: Record<string, unknown> | null
}

/** A message that the server has not acknowledged, as it will look: with the files that this page knows. */
export function usePendingContent() {
  const uploads = useUploads()

  return function contentOf(body: NewMessage | undefined): ShownContent {
    const kind = body?.kind ?? 'text'
    const text = body?.text ?? ''
    if (kind === 'location') return { kind, text, content: body?.content as Record<string, unknown> }
    if (kind !== 'file') return { kind: 'text', text, content: null }
    const { files } = body?.content as { files: Pick<SentFile, 'id' | 'voice'>[] }
    const shown = files.flatMap(({ id, voice }) => {
      const file = uploads.known.get(id)
      return file ? [{ ...file, voice: voice ?? null }] : []
    })
    return { kind, text, content: { files: shown } }
  }
}
