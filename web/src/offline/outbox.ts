import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { messaging, reports } from '@/api'
import type { NewMessage } from '@/api/messaging'
import type { NewReport } from '@/api/reports'
import type { Message, Report } from '@/api/types'
import { serverNow } from '@/lib/clock'
import { newClientId } from './clientId'
import { OutboxQueue, type OutboxEntry } from './queue'
import { localOutbox } from './storage'

export type MessageBody = NewMessage

/** A report as it waits: of its files only what this browser knows of them (`uploads`). */
export type ReportBody = Omit<NewReport, 'client_id' | 'photos' | 'files'> & {
  uploads?: { key: string; photo: boolean; taken_at?: string; position?: NewReport['position'] }[]
}

export const useOutbox = defineStore('outbox', () => {
  const entries = shallowRef<OutboxEntry[]>([])
  let queue: OutboxQueue | null = null
  let onMessage: (message: Message) => void = () => undefined
  /** Gives what the server takes; rejects as long as a file of it is on its way. */
  let prepare: (body: ReportBody) => Omit<NewReport, 'client_id'> = (body) => body
  let onReport: (assignmentId: string, report: Report, body: ReportBody) => void = () => undefined

  const byTarget = computed(() => {
    const groups = new Map<string, OutboxEntry[]>()
    for (const entry of entries.value) {
      groups.set(entry.target, [...(groups.get(entry.target) ?? []), entry])
    }
    return groups
  })

  async function deliver(entry: OutboxEntry): Promise<void> {
    if (entry.kind === 'message') {
      const body = { client_id: entry.client_id, ...(entry.body as MessageBody) }
      onMessage(await messaging.sendMessage(entry.target, body))
    } else {
      const said = entry.body as ReportBody
      const body = { client_id: entry.client_id, ...prepare(said), device_clock: new Date().toISOString() }
      onReport(entry.target, await reports.sendReport(entry.target, body), said)
    }
  }

  function open(owner: string): void {
    close()
    queue = new OutboxQueue({
      storage: localOutbox(owner),
      deliver,
      changed: (list) => (entries.value = list),
    })
  }

  function close(): void {
    queue?.stop()
    queue = null
    entries.value = []
  }

  function add(kind: OutboxEntry['kind'], target: string, body: unknown): string {
    const clientId = newClientId()
    const created_at = new Date(serverNow()).toISOString()
    queue?.add({ client_id: clientId, kind, target, body, created_at })
    return clientId
  }

  return {
    entries,
    open,
    close,
    entriesFor: (target: string) => byTarget.value.get(target) ?? [],
    sendMessage: (conversationId: string, body: MessageBody) =>
      add('message', conversationId, body),
    sendReport: (assignmentId: string, body: ReportBody) => add('report', assignmentId, body),
    resend: (clientId: string) => queue?.resend(clientId),
    drop: (clientId: string) => queue?.drop(clientId),
    amendReport: (clientId: string, body: ReportBody) => queue?.amend(clientId, body),
    flush: () => queue?.flush(),
    prepareReportsWith: (callback: typeof prepare) => (prepare = callback),
    whenMessageAcknowledged: (callback: typeof onMessage) => (onMessage = callback),
    whenReportAcknowledged: (callback: typeof onReport) => (onReport = callback),
  }
})
