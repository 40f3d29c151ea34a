const KEY = 'zzd.signedIn'

/** The cookie is hidden from scripts; this says whether there may be one. */
export function hasSignedIn(): boolean {
  try {
    return localStorage.getItem(KEY) === '1'
  } catch {
    // No storage, no knowledge: ask.
    return true
  }
}

export function noteSignedIn(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(KEY, '1')
    else localStorage.removeItem(KEY)
  } catch {
    // Without storage the next start asks the server.
  }
}
