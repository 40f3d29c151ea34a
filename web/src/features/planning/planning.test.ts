import { describe, expect, test } from 'vitest'
import type { Draft, DraftContent } from '@/api/drafts'
import type { Proposal, ProposalItem } from '@/api/plans'
import { contentOf, formOf, missingFields } from './draftForm'
import { choose, itemsOf, nothingToDo, sumOf } from './response'

const content: DraftContent = {
  title: '渔船回港',
  text: '全部回港。',
  urgency: 'urgent',
  audiences: [{ unit_id: '7', levels: [3], line: null, role: null }],
  unit_ids: ['8'],
  area: { polygon: [[121, 28], [122, 28], [122, 29]], levels: [3] },
  lead_unit_id: '9',
  cooperating_unit_ids: [],
  copies: [],
  file_ids: [],
  ack_minutes: 30,
  report_minutes: null,
  ack_deadline: null,
  report_deadline: null,
  figures: [],
  report_interval_minutes: 60,
  escalation: [],
  way: 'all',
}

function item(key: string, action: ProposalItem['action'], countersign = false): ProposalItem {
  return { key, action, title: key, content: action === 'end' ? null : content, countersign, reach: null, directives: [], draft_ids: [], discard_ids: [], rescues: { count: 0, units: [] } }
}

describe('a draft', () => {
  test('comes back from the form as it was saved', () => {
    const saved = { event: { id: '1' }, content, names: [{ id: '8', name: '石塘镇' }], files: [], countersign: true } as unknown as Draft
    const form = formOf(saved)
    expect(form.units).toEqual([{ id: '8', name: '石塘镇' }])
    expect(contentOf(form)).toEqual(content)
    expect(missingFields(form)).toEqual([])
  })

  test('needs somebody whom it is for, in one way or another', () => {
    const form = formOf({ event: { id: '1' }, content, names: [], files: [], countersign: false } as unknown as Draft)
    form.audiences = []
    expect(missingFields(form)).toEqual([])
    Object.assign(form, { units: [], area: null, lead: null })
    expect(missingFields(form)).toEqual(['audience'])
  })
})

describe('a response by plan', () => {
  const proposal = { items: [item('a', 'keep'), item('b', 'end'), item('c', 'issue'), item('d', 'issue', true), item('e', 'replace')] } as Proposal

  test('says first what is new, and counts what waits for a second official apart', () => {
    const chosen = choose(proposal)
    expect(chosen.map((each) => each.item.key)).toEqual(['c', 'd', 'e', 'b', 'a'])
    expect(sumOf(chosen)).toEqual({ issue: 1, replace: 1, end: 1, draft: 1 })
  })

  test('names every step, also those left out', () => {
    const chosen = choose(proposal).map((each) => ({ ...each, included: each.item.key !== 'b' }))
    expect(itemsOf(chosen).map(({ key, do: what }) => `${key}:${what}`)).toEqual(['c:issue', 'd:issue', 'e:replace', 'b:skip', 'a:keep'])
    expect(nothingToDo(chosen)).toBe(false)
    expect(nothingToDo(choose({ items: [item('a', 'keep')] } as Proposal))).toBe(true)
  })
})
