// What the page knows, in one place; panels and the map draw from it.

import { gaugeAt, outagesAt, prepare } from './records.js'
import { stormAt } from './storm.js'

export const state = {
  zzd: null,
  visit: null,
  storm: null,
  clock: null,
  records: new Map(),
  feeds: {},
  gauges: [],
  outages: [],
  pictures: [],
  picture: null,
  followsClock: true,
  cloudOnMap: false,
  orders: null,
  ordersProblem: '',
  line: 'connecting',
  heardAt: Date.now(),
  device: null,
  tab: 'orders',
  picked: '',
  filters: { shelter: {}, road: {}, power: {}, gauges: { onlyOver: true } },
}

/** The time that is shown: the clock's in a replay, otherwise the present. */
export const shownAt = () => (state.storm?.is_replay && state.clock ? state.clock.at : Date.now())
export const here = () => state.device ?? state.visit.place
export const stormNow = () => (state.storm ? stormAt(state.storm, shownAt()) : null)
export const recordsNow = () => [
  ...[...state.records.values()].map((record) => prepare(record, here())),
  ...outagesAt(state.outages, shownAt(), here()),
]
export const gaugesNow = () => state.gauges.map((gauge) => gaugeAt(gauge, shownAt()))

const listeners = new Map()
export function on(name, listener) {
  listeners.set(name, [...(listeners.get(name) ?? []), listener])
}
export function tell(name) {
  for (const listener of listeners.get(name) ?? []) listener()
}
