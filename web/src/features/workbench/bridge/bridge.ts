import { onScopeDispose } from 'vue'

interface BridgeCall {
  zzd: 1
  id: string | number
  call: string
  params?: Record<string, unknown>
}

export interface BridgeError {
  code: string
  message: string
}

export type BridgeCalls = Record<string, (params: Record<string, unknown>) => unknown>

export function isBridgeCall(data: unknown): data is BridgeCall {
  if (typeof data !== 'object' || data === null) return false
  const { zzd, id, call } = data as Partial<BridgeCall>
  return zzd === 1 && typeof call === 'string' && (typeof id === 'string' || typeof id === 'number')
}

export interface BridgeOptions {
  origin: string
  frame: () => Window | null
  calls: () => BridgeCalls
  /** The app's page came, whatever is in it. */
  loaded: () => void
  failure: (error: unknown) => BridgeError
  page?: Pick<Window, 'addEventListener' | 'removeEventListener'>
}

/**
 * Answers the calls of an app.
 *
 * Rule: a message is heard only if it comes from that very frame *and* from the origin named, and it is answered only to
 * that origin. The frame is the page that the server made for the app; it keeps the same rule towards the app, with the
 * origin that the manifest declared: an app that was led elsewhere hears nothing.
 */
export function openBridge(options: BridgeOptions): () => void {
  const page = options.page ?? window

  async function answer(event: MessageEvent): Promise<void> {
    const frame = options.frame()
    if (!frame || event.source !== frame || event.origin !== options.origin) return
    if ((event.data as { zzd?: unknown } | null)?.zzd === 'loaded') options.loaded()
    if (!isBridgeCall(event.data)) return
    const { id, call, params } = event.data
    const reply = (part: { result?: unknown; error?: BridgeError }) =>
      frame.postMessage({ zzd: 1, id, ...part }, options.origin)
    const calls = options.calls()
    const handler = Object.hasOwn(calls, call) ? calls[call] : undefined
    if (!handler) {
      reply({ error: { code: 'unknown_call', message: call } })
      return
    }
    try {
      reply({ result: (await handler(params ?? {})) ?? null })
    } catch (error) {
      reply({ error: options.failure(error) })
    }
  }

  const listener = (event: MessageEvent) => void answer(event)
  page.addEventListener('message', listener)
  return () => page.removeEventListener('message', listener)
}

export function useBridge(options: BridgeOptions): void {
  onScopeDispose(openBridge(options))
}
