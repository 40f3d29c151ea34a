/**
 * zzd.js, version 1: how the page of a mini-app talks to the ZZD client that shows it in a frame.
 *
 *     import { connect } from 'https://zzd.example.cn/zzd/1/zzd.js'
 *     const zzd = await connect({ origins: ['https://zzd.example.cn'] })
 *     const { code } = await zzd.getLaunchCode({ code_challenge, redirect_uri, state })
 *
 * Rule: a question goes only to the origins that the app names, and an answer counts only if it
 * comes from the window above and from one of them. Nothing is kept in cookies or storage.
 */

export const VERSION = 1

/** Calls that wait for a person, not for a program: they are not given up after a few seconds. */
const ASKS_A_PERSON = new Set([
  'chooseOfficials',
  'chooseUnits',
  'createGroup',
  'ding',
  'openChat',
  'upload',
  'location',
  'scan',
  'requestPermission',
])
const ANSWER_WITHIN = 10_000

/** What the client refused or could not do; `code` is stable, the message is for people. */
export class ZzdError extends Error {
  constructor(code, message) {
    super(message || code)
    this.name = 'ZzdError'
    this.code = code
  }
}

export const isFramed = () => window.parent !== window

/**
 * Shake hands with the client and return the calls. Rejects with ZzdError: `not_framed`,
 * `no_answer`, or what the client says.
 */
export async function connect({ origins, timeout = ANSWER_WITHIN, page = window }) {
  if (!Array.isArray(origins) || origins.length === 0 || !origins.every(isOrigin))
    throw new TypeError('origins: name the exact origins of the client, such as https://zzd.example.cn')
  if (page.parent === page) throw new ZzdError('not_framed', 'Open this page from the workbench')

  const waiting = new Map()
  let client = null
  let lastId = 0
  // One page may connect more than once; each hears its own answers only.
  const prefix = Math.random().toString(36).slice(2)

  page.addEventListener('message', (event) => {
    if (event.source !== page.parent || !origins.includes(event.origin)) return
    const call = event.data?.zzd === VERSION ? waiting.get(event.data.id) : undefined
    if (!call) return
    client = event.origin
    waiting.delete(event.data.id)
    clearTimeout(call.timer)
    const { error, result } = event.data
    if (error) call.reject(new ZzdError(error.code, error.message))
    else call.resolve(result)
  })

  function ask(call, params = {}) {
    const id = `${prefix}-${++lastId}`
    return new Promise((resolve, reject) => {
      const timer = ASKS_A_PERSON.has(call)
        ? null
        : setTimeout(() => {
            waiting.delete(id)
            reject(new ZzdError('no_answer', 'The client did not answer'))
          }, timeout)
      waiting.set(id, { resolve, reject, timer })
      // The browser delivers to the origin that the window above really has, and to no other.
      const message = { zzd: VERSION, id, call, params }
      for (const origin of client ? [client] : origins) page.parent.postMessage(message, origin)
    })
  }

  await ask('ready')
  const named = (call) => (params) => ask(call, params)
  return Object.freeze({
    origin: client,
    ready: named('ready'),
    getLaunchCode: named('getLaunchCode'),
    getContext: named('getContext'),
    chooseOfficials: named('chooseOfficials'),
    chooseUnits: named('chooseUnits'),
    createGroup: named('createGroup'),
    openChat: named('openChat'),
    ding: named('ding'),
    setTitle: named('setTitle'),
    setBadge: named('setBadge'),
    navigateBack: named('navigateBack'),
    upload: named('upload'),
    location: named('location'),
    scan: named('scan'),
    requestPermission: named('requestPermission'),
  })
}

function isOrigin(text) {
  try {
    return typeof text === 'string' && new URL(text).origin === text
  } catch {
    return false
  }
}
