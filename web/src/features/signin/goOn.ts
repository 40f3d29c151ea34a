import { router } from '@/router'

/** To where somebody was on their way when they were asked who they are. */
export async function goOn(next: unknown): Promise<void> {
  if (typeof next === 'string' && next.startsWith('/oauth/authorize?')) {
    // No screen of this client: an app's own page waits there for whoever signs in.
    window.location.assign(next)
    return
  }
  await router.replace(typeof next === 'string' && next.startsWith('/') ? next : '/')
}
