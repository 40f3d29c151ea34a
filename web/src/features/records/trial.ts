import { records } from '@/api'
import type { RuleBody } from '@/api/records'

export interface Tried {
  messages: number
  files: number
  held: number
  /** 0 to 1; at 1 the counts are final. */
  looked_at: number
}

/** Adds up what a rule would remove, slice by slice, and tells after each; stops when it is told to. */
export async function tryOut(
  body: RuleBody,
  ruleId: string | null,
  told: (so: Tried) => void,
  stopped: () => boolean,
  ask: typeof records.tryRule = records.tryRule,
): Promise<void> {
  const sum: Tried = { messages: 0, files: 0, held: 0, looked_at: 0 }
  let cursor: string | null = null
  do {
    const part = await ask({ ...body, rule_id: ruleId, cursor })
    if (stopped()) return
    sum.messages += part.messages
    sum.files += part.files
    sum.held += part.held
    sum.looked_at = part.looked_at
    cursor = part.next
    told({ ...sum })
  } while (cursor)
}
