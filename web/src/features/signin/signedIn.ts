const KEY = 'zzd.signedIn'

/** The account that signed in here last, if it did not sign out. The cookie is hidden from scripts; this is not. */
export function lastAccount(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

/** Whether there may be a session to resume. */
export function hasSignedIn(): boolean {
  try {
    return localStorage.getItem(KEY) !== null
  } catch {
    // No storage, no knowledge: ask.
    return true
  }
}

export function noteSignedIn(accountId: string | null): void {
  try {
    if (accountId) localStorage.setItem(KEY, accountId)
    else localStorage.removeItem(KEY)
  } catch {
    // Without storage the next start asks the server.
  }
}
