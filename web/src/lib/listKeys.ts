const STEP: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }

/** Arrow keys, Home and End move the focus between the `[data-row]` elements of the list that the event came from. */
export function moveFocusInList(event: KeyboardEvent): void {
  const list = event.currentTarget
  if (!(list instanceof HTMLElement)) return
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row]')]
  if (rows.length === 0) return
  const current = rows.findIndex((row) => row.contains(document.activeElement))
  let next: number
  if (event.key in STEP) next = current + (STEP[event.key] ?? 0)
  else if (event.key === 'Home') next = 0
  else if (event.key === 'End') next = rows.length - 1
  else return
  event.preventDefault()
  rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus()
}
