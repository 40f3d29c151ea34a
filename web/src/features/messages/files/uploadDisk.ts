import type { KeptUpload, UploadDisk } from './kept'

const NAME = 'zzd.uploads'
const UPLOADS = 'uploads'
const CONTENTS = 'contents'

/** The browser's own database; contents lie apart, so that a change of the rest does not write them again. */
export function browserDisk(): UploadDisk {
  let opened: Promise<IDBDatabase> | null = null

  function open(): Promise<IDBDatabase> {
    opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1)
      request.onupgradeneeded = () => {
        request.result.createObjectStore(UPLOADS, { keyPath: 'key' })
        request.result.createObjectStore(CONTENTS)
      }
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error(NAME))
    })
    return opened
  }

  /** Resolves once the transaction is on the disk. */
  async function within<T>(
    mode: IDBTransactionMode,
    work: (store: (name: string) => IDBObjectStore) => IDBRequest<T> | null,
  ): Promise<T | undefined> {
    const transaction = (await open()).transaction([UPLOADS, CONTENTS], mode)
    const request = work((name) => transaction.objectStore(name))
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request?.result)
      transaction.onabort = () => reject(transaction.error ?? new Error(NAME))
    })
  }

  function write(work: (store: (name: string) => IDBObjectStore) => void): Promise<void> {
    return within('readwrite', (store) => {
      work(store)
      return null
    }).then(() => undefined)
  }

  return {
    load: async () => (await within<KeptUpload[]>('readonly', (store) => store(UPLOADS).getAll())) ?? [],
    find: async (key) => (await within<KeptUpload | undefined>('readonly', (store) => store(UPLOADS).get(key))) ?? null,
    contentOf: async (key) => (await within<File | undefined>('readonly', (store) => store(CONTENTS).get(key))) ?? null,
    save: (upload) => write((store) => store(UPLOADS).put(upload)),
    saveContent: (key, content) => write((store) => store(CONTENTS).put(content, key)),
    removeContent: (key) => write((store) => store(CONTENTS).delete(key)),
    remove: (keys) =>
      write((store) => {
        for (const key of keys) {
          store(UPLOADS).delete(key)
          store(CONTENTS).delete(key)
        }
      }),
  }
}
