import type { StoredFile, Voice } from '@/api/files'
import type { ApiProblem } from '@/api/problem'

/** `missing`: it was begun by an earlier page, and only its owner has the content. */
export type UploadState = 'uploading' | 'paused' | 'failed' | 'missing' | 'ready'

/** A file on its way to the server, before any message carries it. */
export interface Upload {
  key: string
  conversationId: string
  name: string
  size: number
  /** Shown from memory while it travels; null for what is no picture. */
  preview: string | null
  sent: number
  state: UploadState
  problem: ApiProblem | null
  file: StoredFile | null
  voice: Voice | null
}

export type UploadChange =
  | { type: 'progress'; sent: number }
  | { type: 'paused' }
  | { type: 'resumed' }
  | { type: 'failed'; problem: ApiProblem }
  | { type: 'ready'; file: StoredFile }

/** A late word of the network never undoes what came after it: what is ready stays, what was paused does not run. */
export function changed(upload: Upload, change: UploadChange): Upload {
  if (upload.state === 'ready') return upload
  switch (change.type) {
    case 'progress':
      if (upload.state !== 'uploading') return upload
      return { ...upload, sent: Math.max(upload.sent, Math.min(change.sent, upload.size)) }
    case 'paused':
      return upload.state === 'uploading' ? { ...upload, state: 'paused' } : upload
    case 'resumed':
      return { ...upload, state: 'uploading', problem: null }
    case 'failed':
      return { ...upload, state: 'failed', problem: change.problem }
    case 'ready':
      return { ...upload, state: 'ready', sent: upload.size, problem: null, file: change.file }
  }
}

export function percentOf({ sent, size, state }: Upload): number {
  if (state === 'ready') return 100
  return size === 0 ? 0 : Math.min(99, Math.floor((sent / size) * 100))
}

/** What the server accepts of a message's files, in the order in which they were added. */
export function filesContent(uploads: Upload[]): { files: { id: string; voice?: Voice }[] } {
  return {
    files: uploads.flatMap(({ file, voice }) =>
      file ? [{ id: file.id, ...(voice && { voice }) }] : [],
    ),
  }
}
