import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const WORKER = 'sw.js'
const PAGE = 'index.html'
const ENTRY = '/index.html'

interface Chunk {
  type: 'chunk' | 'asset'
  fileName: string
  facadeModuleId?: string | null
  imports?: string[]
  dynamicImports?: string[]
  viteMetadata?: { importedCss: Set<string>; importedAssets: Set<string> }
}

/** What the client's page loads now or later, and what the worker's own page is not: the API's documentation. */
function filesOf(bundle: Record<string, Chunk>): string[] {
  const found = new Set<string>()
  const visit = (name: string): void => {
    const chunk = bundle[name]
    if (found.has(name) || !chunk) return
    found.add(name)
    for (const css of chunk.viteMetadata?.importedCss ?? []) found.add(css)
    for (const asset of chunk.viteMetadata?.importedAssets ?? []) found.add(asset)
    for (const next of [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])]) visit(next)
  }
  const root = Object.values(bundle).find(({ facadeModuleId }) => {
    return facadeModuleId?.endsWith(ENTRY) && !facadeModuleId.includes('/api-docs/')
  })
  if (!root) throw new Error('the client has no page')
  visit(root.fileName)
  return [...found].sort()
}

/** Tells the service worker which files make up the client; any change of one is another version. */
export function shellWorker(besides: string[]): Plugin {
  return {
    name: 'shell-worker',
    apply: 'build',
    writeBundle({ dir }, bundle) {
      if (!dir) return
      const files = [PAGE, ...besides, ...filesOf(bundle as unknown as Record<string, Chunk>)]
      const hash = createHash('sha256')
      for (const file of [...files, WORKER]) hash.update(readFileSync(join(dir, file)))
      const path = join(dir, WORKER)
      const written = readFileSync(path, 'utf8')
        .replace('__SHELL_VERSION__', JSON.stringify(hash.digest('hex').slice(0, 16)))
        .replace('__SHELL_FILES__', JSON.stringify(files.map((file) => `/${file}`)))
      if (written.includes('__SHELL_') || /^(import|export)\b/m.test(written)) {
        throw new Error('the service worker was not completed')
      }
      writeFileSync(path, written)
    },
  }
}
