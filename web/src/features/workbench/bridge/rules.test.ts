import { expect, test } from 'vitest'
import { BridgeFault, CALLS, type CallName, checkScope, count, ids, NAMES, permissionOf, text } from './rules'

const NEEDS = Object.entries(CALLS).flatMap(([call, rule]) => ('scope' in rule ? [[call, rule.scope] as const] : []))

test.each(NEEDS)('%s is refused without %s, whatever else the app holds', (call, scope) => {
  const others = NEEDS.map(([, other]) => other).filter((other) => other !== scope)
  expect(() => checkScope(call as CallName, ['identity', ...others])).toThrow(BridgeFault)
  expect(() => checkScope(call as CallName, [scope])).not.toThrow()
})

test('a DING needs the scope of DINGs', () => {
  expect(CALLS.ding.scope).toBe('dings.send')
})

test('what acts on the device asks the official, and nothing else does', () => {
  const asked = (Object.keys(CALLS) as CallName[]).filter(permissionOf)
  expect(asked).toEqual(['location', 'scan'])
})

test('parameters are taken as they are meant or refused', () => {
  expect(text({ name: ' 抢险群 ' }, 'name', 50)).toBe('抢险群')
  expect(ids({ official_ids: ['1', '2', '1'] }, 'official_ids', 3)).toEqual(['1', '2'])
  expect(ids({ official_ids: ['Zx-_9'] }, 'official_ids', 3, NAMES)).toEqual(['Zx-_9'])
  expect(() => ids({ official_ids: ['../1'] }, 'official_ids', 3, NAMES)).toThrow(BridgeFault)
  expect(count({}, 'most', 1, 50, 20)).toBe(20)
  for (const bad of [undefined, null, '', ' ', 5, 'x'.repeat(51)])
    expect(() => text({ name: bad }, 'name', 50)).toThrow(BridgeFault)
  for (const bad of [undefined, [], 'x', [1], ['1', 'x'], ['1', '2', '3', '4']])
    expect(() => ids({ i: bad }, 'i', 3)).toThrow(BridgeFault)
  for (const bad of ['1', 1.5, -1, 1000, NaN]) expect(() => count({ n: bad }, 'n', 0, 999)).toThrow(BridgeFault)
})
