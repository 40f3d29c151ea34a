import { expect, test } from 'vitest'
import type { WorkbenchApp } from '@/api/types'
import { shelvesOf } from './shelves'

const app = (id: string, more: Partial<WorkbenchApp> = {}): WorkbenchApp => ({
  id,
  app_id: `cn.zj.a${id}`,
  name: { zh: `应用${id}`, en: `App ${id}` },
  description: { zh: '', en: '' },
  icon: null,
  category: 'emergency',
  entry_url: '',
  phone_entry_url: null,
  entry_origin: '',
  favourite: null,
  badge: 0,
  opened_at: null,
  fixed: false,
  place: null,
  ...more,
})
const APPS = [
  app('1', { opened_at: '2026-01-01T00:00:00Z' }),
  app('2', { favourite: 1, place: 1, category: 'office' }),
  app('3', { favourite: 0, opened_at: '2026-01-02T00:00:00Z' }),
  app('4', { fixed: true, place: 0, category: 'office' }),
]
const shown = (wanted: Parameters<typeof shelvesOf>[1]) =>
  shelvesOf(APPS, wanted).map(({ name, apps }) => [name, apps.map(({ id }) => id).join('')])

test('what is fixed stands first, then favourites in their order, what was opened last, and all by category', () => {
  expect(shown({ query: '', category: '' })).toEqual([
    ['fixed', '4'],
    ['favourites', '32'],
    ['recent', '31'],
    ['emergency', '13'],
    ['office', '42'],
  ])
})

test('a search shows each app once', () => {
  expect(shown({ query: ' APP 3', category: '' })).toEqual([['emergency', '3']])
  expect(shown({ query: '', category: 'office' })).toEqual([['office', '42']])
  expect(shown({ query: 'x', category: '' })).toEqual([])
})
