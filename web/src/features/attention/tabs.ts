import { watch } from 'vue'
import { useAttention } from '@/lib/attention'

const RINGER = 'zzd.ringer'
const WATCHED = 'zzd.watched'

/**
 * Of several tabs one rings: the one that was looked at last. It holds a lock that the browser hands on when it is closed
 * or crashes; every tab before somebody's eyes holds another one, so that the ringer knows. A browser without locks
 * (a page that is not served over TLS) has each tab speak for itself.
 */
export function useTabs() {
  const locks = (navigator as { locks?: LockManager }).locks
  const attentive = useAttention()
  const ended = new AbortController()
  /** How many of this tab's requests hold the lock: a stolen one tells of it after the next has been granted. */
  let holding = locks ? 0 : 1
  let inLine = false
  let lookAway: (() => void) | null = null

  function request(options: LockOptions, begun: () => void = () => undefined): void {
    let granted = false
    const held = () => {
      granted = true
      holding += 1
      begun()
      return new Promise<void>((release) => ended.signal.addEventListener('abort', () => release()))
    }
    void locks?.request(RINGER, options, held).catch(() => {
      if (granted) holding -= 1
      standInLine()
    })
  }

  /** Whoever is taken over from stands in line again, once. */
  function standInLine(): void {
    if (inLine || ended.signal.aborted) return
    inLine = true
    request({ signal: ended.signal }, () => (inLine = false))
  }

  standInLine()
  async function look(): Promise<void> {
    if (attentive.value) await new Promise<void>((release) => (lookAway = release))
  }

  const endWatch = watch(
    attentive,
    (looked) => {
      lookAway?.()
      lookAway = null
      if (!looked || !locks) return
      if (holding === 0) request({ steal: true })
      void locks.request(WATCHED, { mode: 'shared' }, look)
    },
    { immediate: true },
  )

  async function isWatched(): Promise<boolean> {
    if (attentive.value || !locks) return attentive.value
    const { held = [] } = await locks.query()
    return held.some(({ name }) => name === WATCHED)
  }

  function end(): void {
    endWatch()
    lookAway?.()
    ended.abort()
  }

  return { isRinger: () => holding > 0, isWatched, end }
}
