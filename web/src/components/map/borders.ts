import type { Feature, FeatureCollection, MultiPolygon, Position } from 'geojson'
import cities from '../../../../data/geo/zhejiang_cities.geojson?url'
import counties from '../../../../data/geo/zhejiang_districts.geojson?url'

export type Border = Feature<MultiPolygon, { name: string; adcode: string }>
export type Borders = FeatureCollection<MultiPolygon, Border['properties']>

const files = { cities, counties }
const loaded = new Map<string, Promise<Borders>>()

/** Borders by the six digits of the unit's code: of a file beside the scripts, fetched once. */
export function loadBorders(kind: keyof typeof files): Promise<Borders> {
  let found = loaded.get(kind)
  if (!found) {
    found = fetch(files[kind]).then((answer) => {
      if (!answer.ok) throw new Error(`${kind}: ${answer.status}`)
      return answer.json() as Promise<Borders>
    })
    found.catch(() => loaded.delete(kind))
    loaded.set(kind, found)
  }
  return found
}

function areaOf(ring: Position[]): number {
  let sum = 0
  ring.forEach(([x = 0, y = 0], index) => {
    const [nextX = 0, nextY = 0] = ring[(index + 1) % ring.length] ?? []
    sum += x * nextY - nextX * y
  })
  return sum / 2
}

/** Where a name or a mark stands: the middle of the largest part, not of the sea between islands. */
export function middleOf(border: Border): [latitude: number, longitude: number] {
  const rings = border.geometry.coordinates.map(([outer]) => outer ?? [])
  const largest = rings.reduce((best, ring) => (Math.abs(areaOf(ring)) > Math.abs(areaOf(best)) ? ring : best), [])
  const area = areaOf(largest)
  let [sumX, sumY] = [0, 0]
  largest.forEach(([x = 0, y = 0], index) => {
    const [nextX = 0, nextY = 0] = largest[(index + 1) % largest.length] ?? []
    const cross = x * nextY - nextX * y
    sumX += (x + nextX) * cross
    sumY += (y + nextY) * cross
  })
  return [sumY / (6 * area), sumX / (6 * area)]
}
