import type { Voice } from '@/api/files'
import type { Upload } from './tray'

/** A larger file is not copied into the browser: after a reload its owner picks it again. */
export const MOST_KEPT_BYTES = 64 * 2 ** 20
const KEPT_MS = 7 * 24 * 3_600_000

/** What is needed to go on with an upload after the page has been loaded anew. */
export interface KeptUpload {
  key: string
  owner: string
  conversationId: string
  name: string
  size: number
  modified: number
  voice: Voice | null
  /** Where the server takes its bytes; null until it has said so. */
  url: string | null
  /** The file that it has become on the server. */
  fileId: string | null
  paused: boolean
  addedAt: number
}

/** Where they are kept. Every operation may fail: then the upload does not outlive the page. */
export interface UploadDisk {
  /** Of everybody who used this browser. */
  load(): Promise<KeptUpload[]>
  find(key: string): Promise<KeptUpload | null>
  contentOf(key: string): Promise<File | null>
  save(upload: KeptUpload): Promise<void>
  saveContent(key: string, content: File): Promise<void>
  removeContent(key: string): Promise<void>
  remove(keys: string[]): Promise<void>
}

/** An upload belongs to one tab at a time. */
export interface Claims {
  hold(key: string): void
  /** Begins as soon as no other tab holds it: at once, or when that one is closed. */
  takeOver(key: string, begin: () => Promise<void>): void
  release(keys: string[]): void
}

export type KeptUploads = ReturnType<typeof keepUploads>

/** Keeps the uploads of one official over a reload of the page: until they are sent, given up, or signed out of. */
export function keepUploads(owner: string, disk: UploadDisk, claims: Claims) {
  const mine = new Map<string, KeptUpload>()

  function change(key: string, part: Partial<KeptUpload>): void {
    const before = mine.get(key)
    if (!before) return
    mine.set(key, { ...before, ...part })
    quietly(disk.save({ ...before, ...part }))
  }

  return {
    begin({ key, conversationId, name, size, voice }: Upload, content: File): void {
      const upload = { key, owner, conversationId, name, size, modified: content.lastModified, voice, url: null }
      claims.hold(key)
      mine.set(key, { ...upload, fileId: null, paused: false, addedAt: Date.now() })
      change(key, {})
      if (size <= MOST_KEPT_BYTES) quietly(disk.saveContent(key, content))
    },

    change,
    find: (key: string) => mine.get(key) ?? null,

    /** It is on the server as a whole: nothing but its name there needs to be kept. */
    arrived(key: string, fileId: string): void {
      change(key, { fileId })
      quietly(disk.removeContent(key))
    },

    /** The file that its owner has picked again: is it the one whose first part the server has? */
    isSame(key: string, { name, size, lastModified }: File): boolean {
      const before = mine.get(key)
      return before?.name === name && before.size === size && before.modified === lastModified
    },

    /** What an earlier page of this official has left; what is old or somebody else's goes. */
    async restore(goOn: (upload: KeptUpload, content: File | null) => void): Promise<void> {
      const isOld = ({ addedAt }: KeptUpload) => Date.now() - addedAt > KEPT_MS
      const all = (await disk.load()).filter(({ key }) => !mine.has(key))
      const gone = all.filter((upload) => upload.owner !== owner || isOld(upload))
      await disk.remove(gone.map(({ key }) => key))
      for (const { key } of all.filter((upload) => !gone.includes(upload)).sort((a, b) => a.addedAt - b.addedAt)) {
        claims.takeOver(key, async () => {
          // The tab that had it may have sent it meanwhile.
          const upload = await disk.find(key)
          if (!upload) return
          mine.set(key, upload)
          goOn(upload, await disk.contentOf(key))
        })
      }
    },

    async forget(keys: string[]): Promise<void> {
      for (const key of keys) mine.delete(key)
      // Another tab that waits for it must not find it any more.
      await disk.remove(keys).catch(() => undefined)
      claims.release(keys)
    },

    /** Nothing stays behind for whoever signs in next. */
    async clear(): Promise<void> {
      const all = await disk.load().catch(() => [])
      await this.forget([...mine.keys(), ...all.map(({ key }) => key)])
    },

    /** This page has done with them; they stay for the next one. */
    close(): void {
      claims.release([...mine.keys()])
      mine.clear()
    },
  }
}

function quietly(done: Promise<void>): void {
  void done.catch(() => undefined)
}
