import { del, get } from './client'

export type FileType = 'image' | 'audio' | 'video' | 'pdf' | 'text' | 'document' | 'archive' | 'other'

export interface StoredFile {
  id: string
  name: string
  size: number
  media_type: string
  type: FileType
  width: number | null
  height: number | null
  pages: number | null
  variants: Partial<Record<'small' | 'large', { width: number; height: number }>>
  inline: boolean
}

export interface Voice {
  seconds: number
  peaks: number[]
}

/** A file as a message carries it. */
export type SentFile = StoredFile & { voice: Voice | null }

export interface Place {
  latitude: number
  longitude: number
  name: string
  address: string
  accuracy: number | null
}

export const UPLOADS = '/api/v1/files/uploads'

export const file = (id: string) => get<StoredFile>(`/files/${id}`)
export const discard = (id: string) => del<null>(`/files/uploads/${id}`)
export const text = (id: string) =>
  get<{ text: string; encoding: string; truncated: boolean }>(`/files/${id}/text`)

export function contentUrl(
  id: string,
  options: { variant?: 'small' | 'large'; download?: boolean } = {},
): string {
  const parameters = new URLSearchParams()
  if (options.variant) parameters.set('variant', options.variant)
  if (options.download) parameters.set('download', 'true')
  const query = parameters.toString()
  return `/api/v1/files/${id}/content${query ? `?${query}` : ''}`
}
