import { watch } from 'vue'
import { ApiProblem } from '@/api/problem'
import type { NewReport } from '@/api/reports'
import { useUploads } from '@/features/messages/files/uploads'
import { useOutbox, type ReportBody } from '@/offline/outbox'

/** Where the files of a unit's next report lie until it has been sent. */
export const trayOf = (assignmentId: string) => `report-${assignmentId}`

/** A problem that passes by itself: the report goes when its files have arrived. */
export const WAITING = 'upload_waiting'

/** The report as the server takes it. Throws as long as one of its files is on its way. */
export function withFiles(
  { uploads = [], ...body }: ReportBody,
  idOf: (key: string) => string | null,
): Omit<NewReport, 'client_id'> {
  const arrived = uploads.map(({ key, photo, ...about }) => {
    const file_id = idOf(key)
    if (!file_id) throw new ApiProblem(0, WAITING, 'A file of it has not arrived yet')
    return { photo, file: { file_id, ...about } }
  })
  const photos = arrived.filter(({ photo }) => photo).map(({ file }) => file)
  const files = arrived.filter(({ photo }) => !photo).map(({ file }) => ({ file_id: file.file_id }))
  return { ...body, ...(photos.length && { photos }), ...(files.length && { files }) }
}

/** Reports wait for their files, and go as soon as the last one has arrived; answers how to end it. */
export function followUploads(): () => void {
  const uploads = useUploads()
  const outbox = useOutbox()
  outbox.prepareReportsWith((body) => withFiles(body, (key) => uploads.find(key)?.file?.id ?? null))
  return watch(
    () => uploads.arrived,
    () => void outbox.flush(),
  )
}

export function forgetUploads({ uploads = [] }: ReportBody): void {
  useUploads().forget(uploads.map(({ key }) => key))
}
