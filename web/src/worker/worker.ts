/// <reference lib="webworker" />
/**
 * Keeps the client's shell, so that it opens without a network, and carries the clicks on notifications. It keeps the
 * build's own files and nothing else: what the API answers, and what people sent, is never stored here.
 */
import { isScreen, isShellFile } from './shell'

declare const self: ServiceWorkerGlobalScope
/** Both are written in by the build: see vite.config.ts. */
declare const __SHELL_VERSION__: string
declare const __SHELL_FILES__: string[]

const PREFIX = 'zzd-shell-'
const CURRENT = PREFIX + __SHELL_VERSION__
const FILES = new Set(__SHELL_FILES__)
const START = '/index.html'
const PATIENCE_MS = 4_000
/** Pages of the version before are still open, and load more of its files. */
const KEPT_VERSIONS = 2

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CURRENT).then((cache) => {
      const fresh = [...FILES].map((path) => new Request(path, path.startsWith('/assets/') ? {} : { cache: 'reload' }))
      return cache.addAll(fresh)
    }),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches.keys().then((names) => {
      const shells = names.filter((name) => name.startsWith(PREFIX))
      return Promise.all(shells.slice(0, -KEPT_VERSIONS).map((name) => caches.delete(name)))
    }),
  )
})

self.addEventListener('message', ({ data }) => {
  if (data?.type === 'take-over') void self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (isScreen(url.pathname)) event.respondWith(openScreen(request))
  } else if (isShellFile(url.pathname, FILES)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)))
  }
})

/** The network's page is the newest, with the policy of the moment; the kept one opens when there is no network. */
async function openScreen(request: Request): Promise<Response> {
  const kept = await caches.match(START)
  try {
    const answer = await fetch(request, kept ? { signal: AbortSignal.timeout(PATIENCE_MS) } : {})
    return kept && answer.status >= 502 ? kept : answer
  } catch (error) {
    if (kept) return kept
    throw error
  }
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(String(event.notification.data?.path ?? '/')))
})

async function open(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // The API's documentation, say, would not know what to do with it.
  const pages = windows.filter(({ url }) => isScreen(new URL(url).pathname))
  const page = pages.find(({ visibilityState }) => visibilityState === 'visible') ?? pages[0]
  if (!page) return void (await self.clients.openWindow(path))
  page.postMessage({ type: 'open', path })
  await page.focus()
}
