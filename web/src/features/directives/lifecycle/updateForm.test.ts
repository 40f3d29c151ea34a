import { expect, test } from 'vitest'
import type { Directive } from '@/api/types'
import { changesOf, formOfDirective } from './updateForm'

const audience = { unit_id: '7', levels: [4], line: null, role: null, text: '温岭市 乡镇' }
const directive = {
  event: { id: '1' },
  title: '转移',
  text: '立即转移。',
  urgency: 'urgent',
  audiences: [audience],
  area: { polygon: [[121, 28]], levels: [3], touched: [] },
  lead_unit: { id: '9', name: '石塘镇' },
  cooperating_units: [],
  copies: [audience],
  files: [{ id: '5', name: '图.pdf', size: 1, media_type: null }],
  ack_deadline: '2026-08-10T10:00:00+08:00',
  report_deadline: null,
  report_interval_minutes: 60,
  escalation: [],
  figures: [],
  way: 'all',
} as unknown as Directive

test('what is not changed is not said, and whom it is for is said as a whole', () => {
  const draft = formOfDirective(directive)
  expect(changesOf(directive, draft)).toEqual({})
  Object.assign(draft, { interval: 30, files: [] })
  expect(changesOf(directive, draft)).toEqual({ report_interval_minutes: 30, file_ids: [] })
  draft.cooperating = [{ id: '8', name: '松门镇' }]
  expect(Object.keys(changesOf(directive, draft)).sort()).toEqual(
    ['area', 'audiences', 'cooperating_unit_ids', 'file_ids', 'lead_unit_id', 'report_interval_minutes', 'unit_ids'],
  )
})
