import { expect, test } from 'vitest'
import type { PlacedApp } from '@/api/types'
import { keyOf, moved, sameOrder } from './order'

const placed = (ids: string): PlacedApp[] =>
  [...ids].map((id) => ({ miniapp_id: id, fixed: false, app_id: `cn.zj.${id}`, name: { zh: id, en: id }, icon: null }))
const ids = (items: PlacedApp[]) => items.map(({ miniapp_id }) => miniapp_id).join('')

test('an app moves by one place, and stays where the list ends', () => {
  expect(ids(moved(placed('123'), 2, -1))).toBe('132')
  expect(ids(moved(placed('123'), 0, 1))).toBe('213')
  expect(ids(moved(placed('123'), 0, -1))).toBe('123')
  expect(ids(moved(placed('123'), 2, 1))).toBe('123')
})

test('another place and another hold are both a change, and the same again is none', () => {
  const before = placed('12')
  expect(sameOrder(before, moved(moved(before, 0, 1), 1, -1))).toBe(true)
  expect(sameOrder(before, placed('21'))).toBe(false)
  expect(sameOrder(before, placed('1'))).toBe(false)
  expect(sameOrder(before, before.map((app) => ({ ...app, fixed: app.miniapp_id === '1' })))).toBe(false)
})

test('no levels and all of them left open are one audience', () => {
  const whole = { unit_id: '1', levels: null, line: null, role: null }
  expect(keyOf({ ...whole, levels: [] })).toBe(keyOf(whole))
  expect(keyOf({ ...whole, levels: [3] })).not.toBe(keyOf(whole))
})
