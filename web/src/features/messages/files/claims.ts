import type { Claims } from './kept'

const MINE = 'zzd.uploads'

/** By the browser's locks, which go on to the next tab when one is closed or crashes. */
export function tabClaims(): Claims {
  const locks = (navigator as { locks?: LockManager }).locks
  return locks ? locked(locks) : remembered(sessionStorage)
}

function locked(locks: LockManager): Claims {
  const releases = new Map<string, AbortController>()

  function takeOver(key: string, begin: () => Promise<void>): void {
    release(key)
    const claim = new AbortController()
    const { signal } = claim
    releases.set(key, claim)
    const held = async () => {
      await begin()
      if (!signal.aborted) await new Promise<void>((done) => signal.addEventListener('abort', () => done()))
    }
    void locks.request(`zzd.upload.${key}`, { signal }, held).catch(() => undefined)
  }

  function release(key: string): void {
    releases.get(key)?.abort()
    releases.delete(key)
  }

  return {
    hold: (key) => takeOver(key, () => Promise.resolve()),
    takeOver,
    release: (keys) => keys.forEach(release),
  }
}

/** Without locks (a page that is not served over TLS): only the tab in which it was begun goes on with it. */
export function remembered(storage: Storage): Claims {
  const keys = new Set<string>(JSON.parse(storage.getItem(MINE) ?? '[]') as string[])
  const write = () => storage.setItem(MINE, JSON.stringify([...keys]))
  return {
    hold(key) {
      keys.add(key)
      write()
    },
    takeOver(key, begin) {
      if (keys.has(key)) void begin().catch(() => undefined)
    },
    release() {
      // A key that is used no more is no key of anything.
    },
  }
}
