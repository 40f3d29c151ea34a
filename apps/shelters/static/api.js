// This page's own server. The token lives in this module and nowhere else.

import { ask } from './bridge.js'

let token = null
let signingIn = null

export class Refused extends Error {
  constructor(status, body) {
    super(body.detail ?? '服务器没有正确应答，请稍后重试')
    this.status = status
    this.code = body.code
    this.faults = body.faults ?? {}
    this.present = body.present
  }
}

export function signIn() {
  signingIn ??= introduce().finally(() => {
    signingIn = null
  })
  return signingIn
}

async function introduce() {
  const wanted = await send('POST', '/api/launches')
  const { code, state } = await ask('getLaunchCode', wanted)
  // A code that was asked for by somebody else is not ours to use.
  if (state !== wanted.state) throw new Refused(401, { code: 'launch_unknown', detail: '身份确认没有通过，请重试' })
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

async function send(method, path, body) {
  const headers = { 'Content-Type': 'application/json' }
  if (token) headers.Authorization = `Bearer ${token}`
  let response
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body) })
  } catch {
    throw new Refused(0, { code: 'offline', detail: '网络不通，请检查后重试' })
  }
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Refused(response.status, answer)
  return answer
}
