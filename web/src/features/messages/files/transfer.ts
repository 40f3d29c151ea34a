import { DetailedError, Upload as TusUpload } from 'tus-js-client'
import { UPLOADS } from '@/api/files'
import { csrfHeaders } from '@/api/client'
import { ApiProblem, problemFrom, unreachable } from '@/api/problem'

const CHUNK = 4 * 2 ** 20
const RETRY_MS = [0, 1_000, 3_000, 5_000, 10_000]
const MAY_PASS = new Set([0, 409, 423, 429])

export interface Transfer {
  pause(): void
  resume(): void
}

interface Watcher {
  /** The server has said where the bytes go. */
  placed(url: string): void
  progress(sent: number): void
  failed(problem: ApiProblem): void
  arrived(fileId: string): void
}

/** Where an earlier page has left off. */
export interface Before {
  url: string | null
}

/**
 * Sends a file by tus (https://tus.io): what has arrived stays there over pauses, lost connections and reloads. One that
 * the server has thrown away meanwhile begins again.
 */
export function startTransfer(content: File, clientId: string, watcher: Watcher, before: Before | null, begin: boolean): Transfer {
  let stopped = !begin
  const upload = new TusUpload(content, {
    endpoint: UPLOADS,
    uploadUrl: before?.url ?? null,
    chunkSize: CHUNK,
    retryDelays: RETRY_MS,
    storeFingerprintForResuming: false,
    metadata: { filename: content.name, client_id: clientId },
    onBeforeRequest: (request) => {
      for (const [name, value] of Object.entries(csrfHeaders())) request.setHeader(name, value)
    },
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0
      return MAY_PASS.has(status) || status >= 500
    },
    onUploadUrlAvailable: () => watcher.placed(upload.url ?? ''),
    onProgress: (sent) => watcher.progress(sent),
    onSuccess: () => watcher.arrived(upload.url?.split('/').at(-1) ?? ''),
    onError: (error) => {
      if (!stopped) watcher.failed(problemOf(error))
    },
  })
  if (begin) upload.start()

  return {
    pause() {
      stopped = true
      void upload.abort()
    },
    resume() {
      stopped = false
      upload.start()
    },
  }
}

function problemOf(error: Error): ApiProblem {
  const response = error instanceof DetailedError ? error.originalResponse : null
  if (!response) return unreachable()
  try {
    return problemFrom(response.getStatus(), JSON.parse(response.getBody()))
  } catch {
    return problemFrom(response.getStatus(), null)
  }
}
