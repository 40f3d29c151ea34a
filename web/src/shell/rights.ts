import { useSession } from '@/features/signin/session'
import { debounce } from '@/lib/debounce'
import { onPushed } from '@/realtime/connection'

/** A unit that moves moves thousands of clients: they do not all ask in the same moment. */
const GATHER_MS = 300
const SPREAD_MS = 1_500
/** So long another process may still take somebody for who they were. */
const SETTLED_MS = 4_000

/** Other posts, grants or units than a moment ago: asks who one is, and has everything pulled that follows from it. */
export function followRights(pull: () => void, restart: () => void): (() => void)[] {
  const session = useSession()
  let settled: ReturnType<typeof setTimeout> | undefined
  let ended = false

  async function lookAgain(): Promise<void> {
    const before = session.me?.post?.id
    await session.load().catch(() => undefined)
    if (ended) return
    if (session.me?.post?.id !== before) return restart()
    pull()
    clearTimeout(settled)
    settled = setTimeout(pull, SETTLED_MS)
  }

  const soon = debounce(() => void lookAgain(), GATHER_MS + Math.random() * SPREAD_MS)
  return [
    onPushed('posts.changed', soon),
    onPushed('unit.changed', soon),
    onPushed('rooms.resync', ({ rights }) => (rights ? soon() : pull())),
    () => {
      ended = true
      soon.cancel()
      clearTimeout(settled)
    },
  ]
}
