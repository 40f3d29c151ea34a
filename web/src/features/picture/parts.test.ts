import { expect, test } from 'vitest'
import { asArea, byNeed, stateOf } from './parts'

function part(code: string, overdue: number, acknowledged: number) {
  const counts = { addressed: 4, delivered: 4, acknowledged, reported: 0, completed: 0, overdue }
  return { unit: { id: code, code, name: code }, ...counts, state: stateOf(counts) }
}

test('whoever is late stands first, then whoever is least far', () => {
  const parts = [part('4', 0, 4), part('3', 0, 0), part('2', 1, 4), part('1', 0, 0)]
  expect(byNeed(parts).map(({ unit }) => unit.code)).toEqual(['2', '1', '3', '4'])
})

test('a colour on the map has a sign beside it, and being late another', () => {
  const words = { mark: '半', urgent: '!', text: '…' }
  expect(asArea(part('1', 0, 1), words)).toMatchObject({ tone: 'partly', mark: '半', urgent: false })
  expect(asArea(part('1', 2, 1), words)).toMatchObject({ tone: 'partly', mark: '半!', urgent: true })
})
