import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import { asProblem, files } from '@/api'
import type { StoredFile, Voice } from '@/api/files'
import { newClientId } from '@/offline/clientId'
import { tabClaims } from './claims'
import { keepUploads, type KeptUpload, type KeptUploads } from './kept'
import { changed, type Upload, type UploadChange } from './tray'
import { startTransfer, type Before, type Transfer } from './transfer'
import { browserDisk } from './uploadDisk'

/** Files that were added to a conversation's next message; they travel at once and wait for the words. */
export const useUploads = defineStore('uploads', () => {
  const uploads = shallowRef<Upload[]>([])
  const transfers = new Map<string, Transfer>()
  /** What this page has uploaded, so that a message on its way can be shown whole. */
  const known = reactive(new Map<string, StoredFile>())
  let kept: KeptUploads | null = null

  const byConversation = computed(() => {
    const groups = new Map<string, Upload[]>()
    for (const upload of uploads.value) {
      groups.set(upload.conversationId, [...(groups.get(upload.conversationId) ?? []), upload])
    }
    return groups
  })

  const find = (key: string) => uploads.value.find((upload) => upload.key === key)

  function note(key: string, change: UploadChange): void {
    uploads.value = uploads.value.map((each) => (each.key === key ? changed(each, change) : each))
  }

  async function finish(key: string, id: string): Promise<void> {
    try {
      const file = await files.file(id)
      if (!find(key)) return
      known.set(file.id, file)
      kept?.arrived(key, id)
      note(key, { type: 'ready', file })
    } catch (error) {
      note(key, { type: 'failed', problem: asProblem(error) })
    }
  }

  function show(upload: Pick<Upload, 'key' | 'conversationId' | 'name' | 'size' | 'voice' | 'state'>, content: File | null): Upload {
    const preview = content?.type.startsWith('image/') ? URL.createObjectURL(content) : null
    const shown = { ...upload, preview, sent: 0, problem: null, file: null }
    uploads.value = [...uploads.value, shown]
    return shown
  }

  function transfer(key: string, content: File, before: Before | null = null, begin = true): void {
    const watcher = {
      placed: (url: string) => kept?.change(key, { url }),
      progress: (sent: number) => note(key, { type: 'progress', sent }),
      failed: (problem: ReturnType<typeof asProblem>) => note(key, { type: 'failed', problem }),
      arrived: (id: string) => void finish(key, id),
    }
    transfers.set(key, startTransfer(content, key, watcher, before, begin))
  }

  function add(conversationId: string, content: File, voice: Voice | null = null): string {
    const key = newClientId()
    const { name, size } = content
    kept?.begin(show({ key, conversationId, name, size, voice, state: 'uploading' }, content), content)
    transfer(key, content)
    return key
  }

  /** Goes on with what an earlier page has left. */
  function goOn(left: KeptUpload, content: File | null): void {
    if (find(left.key)) return
    if (left.fileId) {
      show({ ...left, state: 'uploading' }, content)
      void finish(left.key, left.fileId).then(() => {
        // Not there any more, or not ours: nothing is left to go on with.
        const status = find(left.key)?.problem?.status
        if (status === 404) forget([left.key])
      })
    } else if (content) {
      show({ ...left, state: left.paused ? 'paused' : 'uploading' }, content)
      transfer(left.key, content, left, !left.paused)
    } else {
      show({ ...left, state: 'missing' }, null)
    }
  }

  /** The content that no page has kept, picked again by its owner; answers whether it is the same file. */
  function supply(key: string, content: File): boolean {
    if (!kept?.isSame(key, content)) return false
    note(key, { type: 'resumed' })
    transfer(key, content, kept.find(key))
    return true
  }

  function pause(key: string): void {
    transfers.get(key)?.pause()
    kept?.change(key, { paused: true })
    note(key, { type: 'paused' })
  }

  function resume(key: string): void {
    note(key, { type: 'resumed' })
    kept?.change(key, { paused: false })
    const left = kept?.find(key)
    if (left?.fileId) void finish(key, left.fileId)
    else transfers.get(key)?.resume()
  }

  /** The server can be reached again. */
  function retry(): void {
    for (const { key, problem } of uploads.value) if (problem?.isTransient) resume(key)
  }

  function forget(keys: string[]): void {
    void kept?.forget(keys)
    drop(keys)
  }

  function drop(keys: string[]): void {
    for (const { key, preview } of uploads.value) {
      if (preview && keys.includes(key)) URL.revokeObjectURL(preview)
    }
    for (const key of keys) transfers.delete(key)
    uploads.value = uploads.value.filter(({ key }) => !keys.includes(key))
  }

  /** Given up by its author: the server need not keep it either. */
  function cancel(key: string): void {
    transfers.get(key)?.pause()
    const stored = find(key)?.file?.id ?? kept?.find(key)?.url?.split('/').at(-1)
    // Left there, it goes by itself after a while.
    if (stored) void files.discard(stored).catch(() => undefined)
    forget([key])
  }

  /** What this official left on the way goes on. */
  function open(owner: string): void {
    kept = keepUploads(owner, browserDisk(), tabClaims())
    void kept.restore(goOn).catch(() => undefined)
  }

  function reset(): void {
    for (const each of transfers.values()) each.pause()
    kept?.close()
    kept = null
    drop(uploads.value.map(({ key }) => key))
    known.clear()
  }

  /** Nothing of it stays in this browser. */
  function clear(): void {
    void kept?.clear()
    reset()
  }

  return {
    known,
    /** How many have arrived and wait to be sent. */
    arrived: computed(() => uploads.value.filter(({ state }) => state === 'ready').length),
    find,
    in: (conversationId: string) => byConversation.value.get(conversationId) ?? [],
    add,
    supply,
    pause,
    resume,
    retry,
    cancel,
    forget,
    open,
    reset,
    clear,
  }
})
