/** At most one run at a time; calls during a run lead to exactly one more run, which sees everything they saw. */
export function coalesce(run: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | null = null
  let following: Promise<void> | null = null

  return function call(): Promise<void> {
    if (!current) {
      current = run().finally(() => (current = null))
      return current
    }
    following ??= current
      .catch(() => undefined)
      .then(() => {
        following = null
        return call()
      })
    return following
  }
}
