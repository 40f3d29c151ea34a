/** What is wrong with one part of what was sent; some problems name the rule that it breaks. */
export interface Fault {
  pointer: string
  detail: string
  rule?: string
}

/** An answer that is not a success, in the words of RFC 9457; `unreachable` when there was no answer. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: Fault[] = [],
    readonly retryAt: string | null = null,
    /** What some problems say besides, such as what is to be explained. */
    readonly more: Record<string, unknown> = {},
  ) {
    super(`${code}: ${detail}`)
    this.name = 'ApiProblem'
  }

  /** The same request may succeed later without any change: keep it and send it again. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500
  }
}

interface ProblemBody {
  code?: string
  title?: string
  detail?: string
  errors?: Fault[]
  retry_at?: string
}

const GATEWAY_FAILURES = [502, 503, 504]

export function problemFrom(status: number, body: ProblemBody | null): ApiProblem {
  if (!body?.code && GATEWAY_FAILURES.includes(status)) return unreachable()
  return new ApiProblem(
    status,
    body?.code ?? 'unknown',
    body?.detail ?? body?.title ?? `HTTP ${status}`,
    body?.errors ?? [],
    body?.retry_at ?? null,
    { ...body },
  )
}

export function unreachable(): ApiProblem {
  return new ApiProblem(0, 'unreachable', 'The server did not answer')
}

export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error
  return new ApiProblem(-1, 'unknown', error instanceof Error ? error.message : String(error))
}
