import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

/** Where mini-apps load it from: as long as version 1 is spoken, the address does not change. */
const ADDRESS = 'zzd/1/zzd.js'

/** Puts the apps' side of the bridge beside the client, from the package that also goes to npm. */
export function bridgeScript(source: string): Plugin {
  return {
    name: 'zzd-bridge-script',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: ADDRESS, source: readFileSync(source) })
    },
    configureServer(server) {
      server.middlewares.use(`/${ADDRESS}`, (_request, response) => {
        response.setHeader('Content-Type', 'text/javascript')
        response.setHeader('Access-Control-Allow-Origin', '*')
        response.end(readFileSync(source))
      })
    },
  }
}
