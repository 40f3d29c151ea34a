import { noteServerDate } from '@/lib/clock'
import { ApiProblem, problemFrom, unreachable } from './problem'

const BASE = '/api/v1'
const TIMEOUT_MS = 20_000
const SAFE = new Set(['GET', 'HEAD'])

type QueryValue = string | number | boolean | null | undefined
export interface RequestOptions {
  query?: Record<string, QueryValue>
  body?: unknown
  /** Sent as it is, under its own media type; `body` would be JSON. */
  content?: Blob
  signal?: AbortSignal
}

let csrfToken: string | null = null
let onSignedOut: () => void = () => undefined
let onSecondFactorNeeded: () => void = () => undefined
let refreshCsrf: (() => Promise<void>) | null = null

export function setCsrfToken(token: string | null): void {
  csrfToken = token
}

/** For what speaks HTTP by itself, such as uploads. */
export function csrfHeaders(): Record<string, string> {
  return csrfToken ? { 'X-CSRF-Token': csrfToken } : {}
}

export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback
}

export function whenSecondFactorNeeded(callback: () => void): void {
  onSecondFactorNeeded = callback
}

export function whenCsrfStale(refresh: () => Promise<void>): void {
  refreshCsrf = refresh
}

function urlFor(path: string, query: RequestOptions['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value))
  }
  const text = parameters.toString()
  return `${BASE}${path}${text ? `?${text}` : ''}`
}

async function fetchOnce(method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.content) headers['Content-Type'] = options.content.type
  if (!SAFE.has(method) && csrfToken) headers['X-CSRF-Token'] = csrfToken
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  try {
    return await fetch(urlFor(path, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: options.content ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw unreachable()
  }
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return null
  try {
    return await response.json()
  } catch {
    return null
  }
}

export async function request<T>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<T> {
  let response = await fetchOnce(method, path, options)
  noteServerDate(response.headers.get('Date'))
  let body = await readJson(response)
  if (response.ok) return body as T

  let problem = problemFrom(response.status, body as never)
  if (problem.code === 'csrf_failed' && refreshCsrf) {
    await refreshCsrf()
    response = await fetchOnce(method, path, options)
    body = await readJson(response)
    if (response.ok) return body as T
    problem = problemFrom(response.status, body as never)
  }
  if (problem.code === 'authentication_required') onSignedOut()
  if (problem.code === 'second_factor_needed') onSecondFactorNeeded()
  throw problem
}

export const get = <T>(path: string, query?: RequestOptions['query'], signal?: AbortSignal) =>
  request<T>('GET', path, { query, signal })
export const post = <T>(path: string, body: unknown = {}) => request<T>('POST', path, { body })
export const upload = <T>(path: string, file: Blob, type: string) =>
  request<T>('POST', path, { content: new Blob([file], { type }) })
export const put = <T>(path: string, body: unknown) => request<T>('PUT', path, { body })
export const patch = <T>(path: string, body: unknown) => request<T>('PATCH', path, { body })
export const del = <T>(path: string) => request<T>('DELETE', path)

export function isCancelled(error: unknown): boolean {
  return !(error instanceof ApiProblem) && error instanceof DOMException
}
