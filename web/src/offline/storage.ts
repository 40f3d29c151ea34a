import type { OutboxEntry, OutboxStorage } from './queue'

/**
 * One key per entry: two open tabs never overwrite each other's list. The owner is part of the key, so another
 * official who signs in on the same machine neither sees nor sends these entries.
 */
export function localOutbox(owner: string, storage: Storage = localStorage): OutboxStorage {
  const prefix = `zzd.outbox.${owner}.`
  return {
    load() {
      const entries: OutboxEntry[] = []
      for (let index = 0; index < storage.length; index += 1) {
        const key = storage.key(index)
        if (!key?.startsWith(prefix)) continue
        try {
          entries.push(JSON.parse(storage.getItem(key) ?? '') as OutboxEntry)
        } catch {
          storage.removeItem(key)
        }
      }
      return entries
    },
    save(entry) {
      storage.setItem(prefix + entry.client_id, JSON.stringify(entry))
    },
    remove(clientId) {
      storage.removeItem(prefix + clientId)
    },
  }
}
