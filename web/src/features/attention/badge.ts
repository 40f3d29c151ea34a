import { titleOf } from './rules'

interface Badged {
  setAppBadge?: (count: number) => Promise<void>
  clearAppBadge?: () => Promise<void>
}

const ICON = '/favicon.svg'
const ICON_WAITING = '/favicon-unread.svg'

/** How much waits, where it shows with the page out of sight: title, icon of the tab, icon of the installed client. */
export function showWaiting(name: string, waiting: number): void {
  document.title = titleOf(name, waiting)
  document.querySelector('link[rel=icon]')?.setAttribute('href', waiting > 0 ? ICON_WAITING : ICON)
  const { setAppBadge, clearAppBadge } = navigator as Badged
  const told = waiting > 0 ? setAppBadge?.call(navigator, waiting) : clearAppBadge?.call(navigator)
  // A browser that shows no badge has the two others.
  void told?.catch(() => undefined)
}
