import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { messaging, tasks } from '@/api'
import type { NewMessage } from '@/api/messaging'
import type { NewReport } from '@/api/tasks'
import type { Message, Report } from '@/api/types'
import { serverNow } from '@/lib/clock'
import { newClientId } from './clientId'
import { OutboxQueue, type OutboxEntry } from './queue'
import { localOutbox } from './storage'

export type MessageBody = NewMessage

type ReportBody = Omit<NewReport, 'client_id'>

export const useOutbox = defineStore('outbox', () => {
  const entries = shallowRef<OutboxEntry[]>([])
  let queue: OutboxQueue | null = null
  let onMessage: (message: Message) => void = () => undefined
  let onReport: (assignmentId: string, report: Report) => void = () => undefined

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
      const body = { client_id: entry.client_id, ...(entry.body as ReportBody) }
      onReport(entry.target, await tasks.sendReport(entry.target, body))
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
    flush: () => queue?.flush(),
    whenMessageAcknowledged: (callback: typeof onMessage) => (onMessage = callback),
    whenReportAcknowledged: (callback: typeof onReport) => (onReport = callback),
  }
})
