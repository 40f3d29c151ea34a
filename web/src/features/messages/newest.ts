/** Events may overtake each other: only what is newer than the last one taken for its subject counts. */
export function newestOnly() {
  const taken = new Map<string, string>()
  return function isNewest(subject: string, changedAt: string): boolean {
    if ((taken.get(subject) ?? '') >= changedAt) return false
    taken.set(subject, changedAt)
    return true
  }
}
