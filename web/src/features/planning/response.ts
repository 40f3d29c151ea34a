import type { Action, Proposal, ProposalItem } from '@/api/plans'
import type { DraftContent } from '@/api/drafts'

export interface Chosen {
  item: ProposalItem
  /** Whether it is carried out; what goes on is not asked about. */
  included: boolean
  content: DraftContent | null
  edited: boolean
}

/** In the order in which one reads a change: what is new, what changes, what ends, what goes on. */
export const ACTIONS: Action[] = ['issue', 'replace', 'end', 'keep']

export function choose(proposal: Proposal): Chosen[] {
  return proposal.items
    .map((item) => ({ item, included: true, content: item.content, edited: false }))
    .sort((a, b) => ACTIONS.indexOf(a.item.action) - ACTIONS.indexOf(b.item.action))
}

/** The numbers of what would be done, for the button and its question. */
export function sumOf(chosen: Chosen[]): Record<'issue' | 'replace' | 'end' | 'draft', number> {
  const sum = { issue: 0, replace: 0, end: 0, draft: 0 }
  for (const { item, included } of chosen) {
    if (!included || item.action === 'keep') continue
    if (item.action === 'end') sum.end += 1
    else if (item.countersign) sum.draft += 1
    else sum[item.action] += 1
  }
  return sum
}

export const nothingToDo = (chosen: Chosen[]): boolean =>
  chosen.every(({ item, included }) => (item.action === 'keep' && !item.discard_ids.length) || !included)

/** In how many units people are still being rescued under what would end. */
export const rescuesOf = (chosen: Chosen[]): number =>
  chosen.reduce((sum, { item, included }) => sum + (included ? item.rescues.count : 0), 0)

export function itemsOf(chosen: Chosen[]): { key: string; do: Action | 'skip'; content: DraftContent | null }[] {
  return chosen.map(({ item, included, content }) => ({
    key: item.key,
    do: included ? item.action : 'skip',
    content: included && (item.action === 'issue' || item.action === 'replace') ? content : null,
  }))
}
