// The line to the server: changes as they happen. It says when it is down, and catches up after.

import { open, signIn } from './api.js'

// The server beats every 5 s; a line that is silent for longer is dead, whatever the browser says.
const SILENT_AFTER = 12_000
const LONGEST_PAUSE = 8_000

/**
 * `onChange(changes)` gets every change and beat, `onState('live' | 'connecting' | 'down')` how
 * the line is. The number of the last change seen is all that is needed to go on where it broke.
 */
export function follow({ after, onChange, onState }) {
  let last = after
  let pause = 500
  let abort = null
  let heardAt = 0
  let wake = () => {}

  async function run() {
    for (;;) {
      try {
        await listen()
        // It ended in good order: the visit was over, and a new one begins.
        await signIn()
      } catch (error) {
        if (error.code === 'not_signed_in') await signIn().catch(() => {})
      }
      onState('down')
      await new Promise((resolve) => {
        wake = resolve
        setTimeout(resolve, pause)
      })
      pause = Math.min(pause * 2, LONGEST_PAUSE)
    }
  }

  async function listen() {
    abort = new AbortController()
    heardAt = Date.now()
    const response = await open('/api/stream', {
      headers: { 'Last-Event-ID': String(last) },
      signal: abort.signal,
      cache: 'no-store',
    })
    if (response.status === 401) throw Object.assign(new Error(), { code: 'not_signed_in' })
    if (!response.ok) throw new Error(`stream ${response.status}`)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      rest += value
      const events = rest.split('\n\n')
      rest = events.pop()
      for (const event of events) hear(event)
    }
  }

  function hear(event) {
    const line = event.split('\n').find((one) => one.startsWith('data: '))
    if (!line) return
    const changes = JSON.parse(line.slice(6))
    heardAt = Date.now()
    pause = 500
    last = Math.max(last, changes.seq)
    onChange(changes)
    onState('live')
  }

  setInterval(() => {
    if (abort && Date.now() - heardAt > SILENT_AFTER) abort.abort()
  }, 1_000)
  const hurry = () => {
    pause = 500
    wake()
  }
  window.addEventListener('online', hurry)
  window.addEventListener('offline', () => abort?.abort())
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) hurry()
  })
  onState('connecting')
  void run()
}
