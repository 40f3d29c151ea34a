import { expect, test } from 'vitest'
import { middleOf, type Border } from './borders'

function border(...rings: [number, number][][]): Border {
  return {
    type: 'Feature',
    properties: { name: '', adcode: '' },
    geometry: { type: 'MultiPolygon', coordinates: rings.map((ring) => [ring]) },
  }
}

const square = (x: number, y: number, side: number): [number, number][] => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
]

test('a mark stands in the largest part, latitude first', () => {
  const [latitude, longitude] = middleOf(border(square(130, 40, 1), square(120, 28, 4)))
  expect([latitude, longitude]).toEqual([expect.closeTo(30), expect.closeTo(122)])
})
