// Calls to the client that shows this page in a frame. Only its known origins are listened to.

const ORIGINS = document.querySelector('meta[name="zzd-origins"]').content.split(' ')
const ANSWER_WITHIN = 10_000

const waiting = new Map()
let client = null
let lastId = 0

export class BridgeError extends Error {}

export const isFramed = () => window.parent !== window

window.addEventListener('message', (event) => {
  if (event.source !== window.parent || !ORIGINS.includes(event.origin)) return
  const call = event.data?.zzd === 1 ? waiting.get(event.data.id) : undefined
  if (!call) return
  client = event.origin
  waiting.delete(event.data.id)
  clearTimeout(call.timer)
  if (event.data.error) call.reject(new BridgeError(`工作台没有同意（${event.data.error.code}），请重试`))
  else call.resolve(event.data.result)
})

export function ask(call, params = {}) {
  const id = `shelters-${++lastId}`
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(id)
      reject(new BridgeError('工作台没有应答，请重试'))
    }, ANSWER_WITHIN)
    waiting.set(id, { resolve, reject, timer })
    // The browser delivers to the origin that the parent really has, and to no other.
    for (const origin of targets()) window.parent.postMessage({ zzd: 1, id, call, params }, origin)
  })
}

function targets() {
  const known = client ?? window.location.ancestorOrigins?.[0]
  return known && ORIGINS.includes(known) ? [known] : ORIGINS
}
