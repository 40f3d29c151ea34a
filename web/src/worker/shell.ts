/** Which requests the kept shell may answer: everything else belongs to the server alone. */

const SERVED = /^\/(api|api-docs|oauth|socket\.io)(\/|$)/

/** A path that the client itself shows: no file, and nothing of the API's. */
export function isScreen(path: string): boolean {
  return !SERVED.test(path) && !path.slice(path.lastIndexOf('/') + 1).includes('.')
}

export function isShellFile(path: string, files: ReadonlySet<string>): boolean {
  // Hashed files of the version before may still be kept as well.
  return !SERVED.test(path) && (files.has(path) || path.startsWith('/assets/'))
}
