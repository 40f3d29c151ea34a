// Shelters, roads, power: what is shown of them, in which order.

import { distance } from './storm.js'

export const KINDS = ['shelter', 'road', 'power']
const WORST_FIRST = { road: ['closed', 'limited', 'open'], power: ['out', 'repairing', 'restored'] }

export function stateOf(record) {
  if (record.kind !== 'shelter') return record.state
  if (!record.is_open) return 'shut'
  return record.occupied >= record.capacity ? 'full' : 'open'
}

/** A record with what the lists and the map need of it. */
export function prepare(record, from) {
  const km = record.lat === null || record.lat === undefined ? null : distance(from, record)
  return { ...record, key: `record-${record.id}`, shelterState: stateOf(record), km }
}

/** Outages that the grid's feed told, as they were at a time, in the shape of records. */
export function outagesAt(outages, at, from) {
  return outages
    .filter((one) => Date.parse(one.since) <= at)
    .filter((one) => one.until === null || Date.parse(one.until) > at)
    .map((one) => ({
      kind: 'power',
      key: `outage-${one.id}`,
      name: one.area,
      state: one.team && at - Date.parse(one.since) > 2 * 3_600_000 ? 'repairing' : 'out',
      households: one.households,
      team: one.team?.name ?? '',
      team_people: one.team?.people ?? 0,
      team_phone: one.team?.phone ?? '',
      expected_at: null,
      lat: one.lat,
      lon: one.lon,
      km: distance(from, one),
      unit_name: '',
      updated_at: one.since,
      fromFeed: true,
      may_change: false,
    }))
}

export function inOrder(kind, records) {
  const rank = (record) => (kind === 'shelter' ? 0 : WORST_FIRST[kind].indexOf(record.state))
  const far = (record) => record.km ?? Infinity
  return [...records].sort((a, b) => rank(a) - rank(b) || far(a) - far(b) || a.name.localeCompare(b.name, 'zh'))
}

export function matches(record, text, state) {
  if (state && (record.shelterState ?? record.state) !== state && record.state !== state) return false
  return `${record.name} ${record.address ?? ''} ${record.unit_name}`.toLowerCase().includes(text.trim().toLowerCase())
}

export const STATES = { shelter: ['open', 'full', 'shut'], road: ['closed', 'limited', 'open'], power: ['out', 'repairing', 'restored'] }

/** What a gauge read last before a time, and which threshold that is over. */
export function gaugeAt(gauge, at) {
  let latest = null
  for (const reading of gauge.readings) {
    if (Date.parse(reading.at) > at) break
    latest = reading
  }
  const old = latest && at - Date.parse(latest.at) > 6 * 3_600_000
  if (!latest || old) return { ...gauge, latest: null, over: 'silent' }
  const { warning, danger } = gauge.thresholds
  const over = latest.value >= danger ? 'danger' : latest.value >= warning ? 'warning' : 'none'
  return { ...gauge, latest, over }
}
