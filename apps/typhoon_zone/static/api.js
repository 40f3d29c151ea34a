// This page's own server. The token lives in this module and nowhere else.

import { t, has } from './words.js'

let token = null
let signingIn = null
let bridge = null

export class Refused extends Error {
  constructor(status, body) {
    const code = body.code ?? 'other'
    super(t(has(`refused.${code}`) ? `refused.${code}` : 'refused.other', { code }))
    this.status = status
    this.code = code
    this.faults = body.faults ?? {}
    this.present = body.present
  }
}

export const useBridge = (zzd) => {
  bridge = zzd
}

export function signIn() {
  signingIn ??= introduce().finally(() => {
    signingIn = null
  })
  return signingIn
}

async function introduce() {
  const wanted = await send('POST', '/api/launches')
  const { code, state } = await bridge.getLaunchCode(wanted)
  // A code that was asked for by somebody else is not ours to use.
  if (state !== wanted.state) throw new Refused(401, { code: 'launch_unknown' })
  const visit = await send('POST', '/api/visits', { code, state })
  token = visit.token
  return visit
}

export async function call(method, path, body) {
  try {
    return await send(method, path, body)
  } catch (error) {
    if (error.code !== 'not_signed_in') throw error
    await signIn()
    return send(method, path, body)
  }
}

/** The answer itself, for what is no JSON or goes on and on. */
export async function open(path, options = {}) {
  const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) }
  try {
    return await fetch(path, { ...options, headers, cache: options.cache ?? 'default' })
  } catch {
    throw new Refused(0, { code: 'offline' })
  }
}

async function send(method, path, body) {
  const isBlob = body instanceof Blob
  const response = await open(path, {
    method,
    headers: { 'Content-Type': isBlob ? 'application/octet-stream' : 'application/json' },
    body: isBlob ? body : body && JSON.stringify(body),
  })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Refused(response.status, answer)
  return answer
}
