import { asProblem } from '@/api/problem'

export type EntryState = 'waiting' | 'sending' | 'failed'

/** Something the official has sent and the server has not yet acknowledged. */
export interface OutboxEntry {
  client_id: string
  kind: 'message' | 'report'
  target: string
  body: unknown
  created_at: string
  state: EntryState
  error: string | null
  /** What the problem says besides its code, such as what is to be explained. */
  problem?: Record<string, unknown>
}

export interface OutboxStorage {
  load(): OutboxEntry[]
  save(entry: OutboxEntry): void
  remove(clientId: string): void
}

export interface OutboxQueueOptions {
  storage: OutboxStorage
  /** Resolves when the server has acknowledged, rejects with an ApiProblem. */
  deliver: (entry: OutboxEntry) => Promise<void>
  changed: (entries: OutboxEntry[]) => void
  retryAfterMs?: number
}

/**
 * Keeps what was sent until it is acknowledged, and sends it in order within each target.
 *
 * Rule: an entry leaves the queue only by an acknowledgement or by the official's own hand. A failure that may pass
 * (no connection, 5xx) keeps it waiting and stops its target, so that later entries never overtake it; a refusal
 * marks it failed and lets the others go on. The client_id never changes, so a repeat cannot create a second one.
 */
export class OutboxQueue {
  private entries: OutboxEntry[]
  private readonly busy = new Set<string>()
  private retryTimer: ReturnType<typeof setTimeout> | null = null

  constructor(private readonly options: OutboxQueueOptions) {
    this.entries = options.storage.load().map((entry) => ({
      ...entry,
      state: entry.state === 'sending' ? 'waiting' : entry.state,
    }))
    this.entries.sort((a, b) => a.created_at.localeCompare(b.created_at))
    this.publish()
  }

  add(entry: Pick<OutboxEntry, 'client_id' | 'kind' | 'target' | 'body' | 'created_at'>): void {
    this.write({ ...entry, state: 'waiting', error: null })
    void this.flushTarget(entry.target)
  }

  async flush(): Promise<void> {
    const targets = new Set(this.entries.map((entry) => entry.target))
    await Promise.all([...targets].map((target) => this.flushTarget(target)))
  }

  resend(clientId: string): void {
    const entry = this.find(clientId)
    if (!entry) return
    this.write({ ...entry, state: 'waiting', error: null })
    void this.flushTarget(entry.target)
  }

  /** Its author has said something more or something else, of what the server has refused or never got. */
  amend(clientId: string, body: unknown): void {
    const entry = this.find(clientId)
    if (!entry || entry.state === 'sending') return
    this.write({ ...entry, body })
    this.resend(clientId)
  }

  /** Acknowledged (by an answer or by a pushed event) or discarded by its author. */
  drop(clientId: string): void {
    if (!this.find(clientId)) return
    this.entries = this.entries.filter((entry) => entry.client_id !== clientId)
    this.options.storage.remove(clientId)
    this.publish()
  }

  stop(): void {
    if (this.retryTimer) clearTimeout(this.retryTimer)
    this.retryTimer = null
  }

  private async flushTarget(target: string): Promise<void> {
    if (this.busy.has(target)) return
    this.busy.add(target)
    try {
      for (let entry = this.nextFor(target); entry; entry = this.nextFor(target)) {
        if (!(await this.tryOnce(entry))) break
      }
    } finally {
      this.busy.delete(target)
    }
  }

  private async tryOnce(entry: OutboxEntry): Promise<boolean> {
    this.write({ ...entry, state: 'sending' })
    try {
      await this.options.deliver(entry)
      this.drop(entry.client_id)
      return true
    } catch (error) {
      const problem = asProblem(error)
      if (!this.find(entry.client_id)) return true
      if (!problem.isTransient) {
        this.write({ ...entry, state: 'failed', error: problem.code, problem: problem.more })
        return true
      }
      this.write({ ...entry, state: 'waiting', error: problem.code })
      if (problem.status !== 401) this.retryLater()
      return false
    }
  }

  private retryLater(): void {
    if (this.retryTimer) return
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null
      void this.flush()
    }, this.options.retryAfterMs ?? 5_000)
  }

  private nextFor(target: string): OutboxEntry | undefined {
    return this.entries.find((entry) => entry.target === target && entry.state === 'waiting')
  }

  private find(clientId: string): OutboxEntry | undefined {
    return this.entries.find((entry) => entry.client_id === clientId)
  }

  private write(entry: OutboxEntry): void {
    const index = this.entries.findIndex((other) => other.client_id === entry.client_id)
    this.entries =
      index < 0
        ? [...this.entries, entry]
        : this.entries.map((other, position) => (position === index ? entry : other))
    this.options.storage.save(entry)
    this.publish()
  }

  private publish(): void {
    this.options.changed(this.entries)
  }
}
