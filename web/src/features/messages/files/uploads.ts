import { defineStore } from 'pinia'
import { computed, reactive, shallowRef } from 'vue'
import { asProblem, files } from '@/api'
import type { StoredFile, Voice } from '@/api/files'
import { newClientId } from '@/offline/clientId'
import { changed, type Upload, type UploadChange } from './tray'
import { startTransfer, type Transfer } from './transfer'

/** Files that were added to a conversation's next message; they travel at once and wait for the words. */
export const useUploads = defineStore('uploads', () => {
  const uploads = shallowRef<Upload[]>([])
  const transfers = new Map<string, Transfer>()
  /** What this page has uploaded, so that a message on its way can be shown whole. */
  const known = reactive(new Map<string, StoredFile>())

  const byConversation = computed(() => {
    const groups = new Map<string, Upload[]>()
    for (const upload of uploads.value) {
      groups.set(upload.conversationId, [...(groups.get(upload.conversationId) ?? []), upload])
    }
    return groups
  })

  function note(key: string, change: UploadChange): void {
    uploads.value = uploads.value.map((each) => (each.key === key ? changed(each, change) : each))
  }

  async function finish(key: string, id: string): Promise<void> {
    try {
      const file = await files.file(id)
      known.set(file.id, file)
      note(key, { type: 'ready', file })
    } catch (error) {
      note(key, { type: 'failed', problem: asProblem(error) })
    }
  }

  function add(conversationId: string, content: File, voice: Voice | null = null): string {
    const key = newClientId()
    const upload: Upload = {
      key,
      conversationId,
      name: content.name,
      size: content.size,
      preview: content.type.startsWith('image/') ? URL.createObjectURL(content) : null,
      sent: 0,
      state: 'uploading',
      problem: null,
      file: null,
      voice,
    }
    uploads.value = [...uploads.value, upload]
    transfers.set(
      key,
      startTransfer(content, key, {
        progress: (sent) => note(key, { type: 'progress', sent }),
        failed: (problem) => note(key, { type: 'failed', problem }),
        arrived: (id) => void finish(key, id),
      }),
    )
    return key
  }

  function pause(key: string): void {
    transfers.get(key)?.pause()
    note(key, { type: 'paused' })
  }

  function resume(key: string): void {
    note(key, { type: 'resumed' })
    transfers.get(key)?.resume()
  }

  function forget(keys: string[]): void {
    for (const { key, preview } of uploads.value) {
      if (preview && keys.includes(key)) URL.revokeObjectURL(preview)
    }
    for (const key of keys) transfers.delete(key)
    uploads.value = uploads.value.filter(({ key }) => !keys.includes(key))
  }

  /** Given up by its author: the server need not keep it either. */
  function cancel(key: string): void {
    transfers.get(key)?.abandon()
    const stored = uploads.value.find((upload) => upload.key === key)?.file
    // Left there, it goes by itself after a while.
    if (stored) void files.discard(stored.id).catch(() => undefined)
    forget([key])
  }

  function reset(): void {
    for (const transfer of transfers.values()) transfer.pause()
    forget(uploads.value.map(({ key }) => key))
    known.clear()
  }

  return {
    known,
    in: (conversationId: string) => byConversation.value.get(conversationId) ?? [],
    add,
    pause,
    resume,
    cancel,
    forget,
    reset,
  }
})
