import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isBridgeCall, openBridge } from './bridge'

const ORIGIN = 'https://shelters.example'
const frame = { postMessage: vi.fn() } as unknown as Window
let page: EventTarget
let close: () => void
const loaded = vi.fn()
const getLaunchCode = vi.fn(async () => ({ code: 'c' }))

beforeEach(() => {
  page = new EventTarget()
  close = openBridge({
    origin: ORIGIN,
    frame: () => frame,
    calls: () => ({ getLaunchCode, fails: () => Promise.reject(new Error('no')) }),
    loaded,
    failure: (error) => ({ code: 'unknown', message: (error as Error).message }),
    page: page as unknown as Window,
  })
})

afterEach(() => {
  close()
  vi.clearAllMocks()
})

async function say(data: unknown, origin = ORIGIN, source: unknown = frame) {
  page.dispatchEvent(Object.assign(new Event('message'), { data, origin, source }))
  await new Promise((resolve) => setTimeout(resolve, 0))
}

test('answers a call of the app to its declared origin only', async () => {
  await say({ zzd: 1, id: 7, call: 'getLaunchCode', params: { state: 's' } })
  expect(getLaunchCode).toHaveBeenCalledWith({ state: 's' })
  expect(frame.postMessage).toHaveBeenCalledWith({ zzd: 1, id: 7, result: { code: 'c' } }, ORIGIN)
})

test('hears that the page came, from its frame alone', async () => {
  await say({ zzd: 'loaded' }, ORIGIN, {})
  expect(loaded).not.toHaveBeenCalled()
  await say({ zzd: 'loaded' })
  expect(loaded).toHaveBeenCalledOnce()
})

test('does not hear another origin in the same frame', async () => {
  await say({ zzd: 1, id: 7, call: 'getLaunchCode' }, 'https://evil.example')
  expect(getLaunchCode).not.toHaveBeenCalled()
  expect(frame.postMessage).not.toHaveBeenCalled()
})

test('does not hear another window of the same origin', async () => {
  await say({ zzd: 1, id: 7, call: 'getLaunchCode' }, ORIGIN, {})
  expect(getLaunchCode).not.toHaveBeenCalled()
})

test('names what inherited properties are called as unknown', async () => {
  await say({ zzd: 1, id: 1, call: 'constructor' })
  expect(frame.postMessage).toHaveBeenCalledWith(
    { zzd: 1, id: 1, error: { code: 'unknown_call', message: 'constructor' } },
    ORIGIN,
  )
})

test('tells the app of a failure', async () => {
  await say({ zzd: 1, id: 2, call: 'fails' })
  expect(frame.postMessage).toHaveBeenCalledWith(
    { zzd: 1, id: 2, error: { code: 'unknown', message: 'no' } },
    ORIGIN,
  )
})

test('hears nothing after the page is left', async () => {
  close()
  await say({ zzd: 1, id: 7, call: 'getLaunchCode' })
  expect(getLaunchCode).not.toHaveBeenCalled()
})

test.each([null, 'text', 1, {}, { zzd: 1 }, { zzd: 2, id: 1, call: 'x' }, { zzd: 1, id: {}, call: 'x' }])(
  'does not take %j for a call',
  (data) => expect(isBridgeCall(data)).toBe(false),
)
