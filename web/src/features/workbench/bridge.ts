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
  calls: BridgeCalls
  failure: (error: unknown) => BridgeError
  page?: Pick<Window, 'addEventListener' | 'removeEventListener'>
}

/**
 * Answers the calls of an app in its frame.
 *
 * Rule: a message is heard only if it comes from that very frame *and* from the origin that the manifest declared, and
 * it is answered only to that origin: a frame that was led elsewhere hears nothing.
 */
export function openBridge(options: BridgeOptions): () => void {
  const page = options.page ?? window

  async function answer(event: MessageEvent): Promise<void> {
    const frame = options.frame()
    if (!frame || event.source !== frame || event.origin !== options.origin) return
    if (!isBridgeCall(event.data)) return
    const { id, call, params } = event.data
    const reply = (part: { result?: unknown; error?: BridgeError }) =>
      frame.postMessage({ zzd: 1, id, ...part }, options.origin)
    const handler = Object.hasOwn(options.calls, call) ? options.calls[call] : undefined
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
