import { shallowRef, type ShallowRef } from 'vue'
import { asProblem, files, type ApiProblem } from '@/api'
import type { StoredFileRef } from '@/api/types'
import { startTransfer } from '@/features/messages/files/transfer'
import { newClientId } from '@/offline/clientId'

export interface Attaching {
  key: string
  name: string
  problem: ShallowRef<ApiProblem | null>
  stop: () => void
}

/** Sends a file that a directive is to carry; `arrived` is called once the server has all of it. */
export function attach(content: File, arrived: (file: StoredFileRef) => void): Attaching {
  const key = newClientId()
  const problem = shallowRef<ApiProblem | null>(null)
  const transfer = startTransfer(
    content,
    key,
    {
      placed: () => undefined,
      progress: () => undefined,
      failed: (found) => (problem.value = found),
      arrived: (id) =>
        void files
          .file(id)
          .then(arrived)
          .catch((error: unknown) => (problem.value = asProblem(error))),
    },
    null,
    true,
  )
  return { key, name: content.name, problem, stop: () => transfer.pause() }
}
