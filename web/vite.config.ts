import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import Components from 'unplugin-vue-components/vite'
import { defineConfig } from 'vitest/config'
import { bridgeScript } from './build/bridgeScript.ts'
import { shellWorker } from './build/shellWorker.ts'

/** What the start of the client needs besides what its scripts name. */
const PUBLIC = ['favicon.svg', 'favicon-unread.svg', 'icon-192.png', 'manifest.json']
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const backend = process.env.ZZD_BACKEND ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [
    vue(),
    Components({
      dirs: [],
      resolvers: [ElementPlusResolver({ importStyle: 'css' })],
      dts: 'src/components.d.ts',
    }),
    shellWorker(PUBLIC),
    bridgeScript(at('../sdk/js/zzd.js')),
  ],
  resolve: { alias: { '@': at('./src') } },
  define: { __VUE_I18N_LEGACY_API__: false, __VUE_I18N_FULL_INSTALL__: false },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 2000,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: at('index.html'), 'api-docs': at('api-docs/index.html'), sw: at('src/worker/worker.ts') },
      output: {
        // A worker stands at one address, above all that it serves.
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: {
    // The borders of cities and counties lie with the data.
    fs: { allow: ['.', at('../data/geo')] },
    proxy: {
      '/api': backend,
      '/oauth': backend,
      '/socket.io': { target: backend, ws: true },
    },
  },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
})
