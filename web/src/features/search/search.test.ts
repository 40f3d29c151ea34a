import { describe, expect, test } from 'vitest'
import type { Found } from '@/api/search'
import { piecesOf } from './highlight'
import { appended, momentsOf, sectionsOf } from './results'

const person = (id: string) => ({ id, name: id, phone: null, posts: [], ranges: [] })
const found = (over: Partial<Found>): Found => ({
  words: [],
  messages: null,
  files: null,
  people: null,
  groups: null,
  ...over,
})

describe('piecesOf', () => {
  test('marks the ranges and keeps every character once', () => {
    const pieces = piecesOf('请转移危险区域人员', [[1, 3], [5, 7]])
    expect(pieces.filter(({ hit }) => hit).map(({ text }) => text)).toEqual(['转移', '区域'])
    expect(pieces.map(({ text }) => text).join('')).toBe('请转移危险区域人员')
  })

  test('counts code points: an emoji or a rare character before the hit does not shift it', () => {
    expect(piecesOf('🌀𠮷转移', [[2, 4]])).toEqual([
      { text: '🌀𠮷', hit: false },
      { text: '转移', hit: true },
    ])
  })

  test('neither a range beyond the end nor none at all loses text', () => {
    expect(piecesOf('石塘', [[1, 9]]).map(({ text }) => text)).toEqual(['石', '塘'])
    expect(piecesOf('石塘', [])).toEqual([{ text: '石塘', hit: false }])
  })
})

describe('sections', () => {
  test('hold what was found, and lead on where there is more', () => {
    const people = { items: [person('a')], next: 'c' }
    const sections = sectionsOf(found({ people, groups: { items: [], next: null } }), [])
    expect(sections.map(({ key, rows }) => [key, rows.map(({ type }) => type)])).toEqual([
      ['people', ['person', 'more']],
    ])
  })

  test('grow by the pages of one section', () => {
    const before = found({ people: { items: [person('a')], next: 'c' } })
    const after = appended(before, found({ people: { items: [person('b')], next: null } }), 'people')
    expect(after.people?.items.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(sectionsOf(after, [])[0]?.rows.map(({ type }) => type)).toEqual(['person', 'person'])
  })
})

test('a range of days ends with the end of its last day', () => {
  const day = new Date(2019, 7, 9)
  const { from, to } = momentsOf(day, day)
  expect(Date.parse(to ?? '') - Date.parse(from ?? '')).toBe(86_400_000)
  expect(momentsOf(null, null)).toEqual({})
  expect(Object.keys(momentsOf(day, null))).toEqual(['from'])
})
