export interface Debounced {
  (): void
  cancel(): void
}

/** Runs once the calls have paused for `ms`, and at the latest `maxMs` after the first of them. */
export function debounce(run: () => void, ms: number, maxMs = ms * 4): Debounced {
  let timer: ReturnType<typeof setTimeout> | null = null
  let firstAt = 0

  function cancel(): void {
    if (timer) clearTimeout(timer)
    timer = null
  }

  function call(): void {
    const now = Date.now()
    if (!timer) firstAt = now
    cancel()
    timer = setTimeout(
      () => {
        timer = null
        run()
      },
      Math.max(0, Math.min(ms, firstAt + maxMs - now)),
    )
  }

  return Object.assign(call, { cancel })
}
