// The lists of shelters, roads and power.

import { make, notify, redraw } from './dom.js'
import { edit } from './editor.js'
import { feedLine } from './feeds.js'
import { inOrder, matches, STATES } from './records.js'
import { recordsNow, state, tell } from './state.js'
import { number, shortTime, span, t } from './words.js'

const label = (kind, record) => (kind === 'shelter' ? t(`state.${record.shelterState}`) : t(`${kind}.${record.state}`))

export function drawRecords(host, kind) {
  const all = recordsNow().filter((record) => record.kind === kind)
  const filter = state.filters[kind]
  const shown = inOrder(kind, all.filter((record) => matches(record, filter.q ?? '', filter.state)))
  redraw(
    host,
    make('p', { className: 'totals', id: `totals-${kind}` }, totals(kind, all)),
    tools(kind, filter),
    kind === 'power' ? feedLine('outages') : '',
    state.storm?.is_replay ? make('p', { className: 'hint' }, t('fieldIsLive')) : '',
    shown.length === 0 && make('p', { className: 'empty' }, all.length ? t('nothing') : t(`empty.${kind}`, { place: state.visit.scope.name })),
    make('ul', { className: 'list' }, shown.slice(0, 300).map((record) => card(kind, record))),
  )
}

function totals(kind, all) {
  const count = (name) => all.filter((record) => (record.shelterState ?? record.state) === name || record.state === name).length
  const sum = (name, of) => number(of.reduce((total, record) => total + (record[name] ?? 0), 0))
  const dark = all.filter((record) => record.state !== 'restored')
  if (kind === 'shelter') return t('shelterTotals', { open: count('open'), full: count('full'), occupied: sum('occupied', all.filter((one) => one.is_open)) })
  if (kind === 'road') return t('roadTotals', { closed: count('closed'), limited: count('limited') })
  return t('powerTotals', { out: dark.length, households: sum('households', dark), people: sum('team_people', dark) })
}

function tools(kind, filter) {
  const search = make('input', { type: 'search', id: `q-${kind}`, maxLength: 60, value: filter.q ?? '', placeholder: t('search'), autocomplete: 'off', 'aria-label': t('search') })
  search.addEventListener('input', () => {
    filter.q = search.value
    tell('records')
  })
  const choose = make('select', { id: `state-${kind}`, 'aria-label': t('field.state') },
    make('option', { value: '' }, t('all')),
    STATES[kind].map((name) => make('option', { value: name, selected: filter.state === name }, kind === 'shelter' ? t(`state.${name}`) : t(`${kind}.${name}`))))
  choose.addEventListener('change', () => {
    filter.state = choose.value
    tell('records')
  })
  return make('div', { className: 'tools' },
    search,
    choose,
    state.visit.writable.length ? press(`add-${kind}`, 'primary', t(`add.${kind}`), () => edit(kind, null)) : '',
    make('p', { className: 'hint wide' },
      `${t('nearestFirst')}（${state.device ? t('fromDevice') : t('fromCounty', { place: state.visit.place.name })}）`,
      state.device ? '' : press(`locate-${kind}`, 'link', t('useMyPlace'), locate)))
}

function card(kind, record) {
  const where = [record.unit_name, record.address].filter(Boolean).join(' · ')
  return make('li', { className: `card ${kind} ${record.shelterState ?? record.state}${state.picked === record.key ? ' picked' : ''}`, id: record.key },
    make('header', {},
      make('h3', {}, record.name),
      record.is_sample || (record.fromFeed && state.feeds.outages?.source === 'simulated') ? make('span', { className: 'tag amber' }, t('sample')) : '',
      make('span', { className: 'tag state' }, label(kind, record))),
    where || record.km !== null ? make('p', { className: 'from' }, where, record.km === null ? '' : make('b', { className: 'far' }, t('kilometres', { n: record.km < 10 ? record.km.toFixed(1) : Math.round(record.km) }))) : '',
    kind === 'shelter' ? occupancy(record) : kind === 'road' ? road(record) : power(record),
    make('footer', {}, contact(kind, record), record.may_change ? press(`edit-${record.key}`, 'plain', t('update'), () => edit(kind, record), t('updateOf', { name: record.name })) : ''),
    make('p', { className: 'updated' }, record.fromFeed ? t('fromGrid') : record.is_sample ? t('sampleNote') : t('updatedBy', { span: span(Date.now() - Date.parse(record.updated_at)), name: record.updated_by })))
}

function occupancy({ capacity, occupied, shelterState }) {
  const free = capacity - occupied
  const left = shelterState === 'shut' ? '' : free > 0 ? t('free', { n: free }) : free < 0 ? t('over', { n: -free }) : ''
  const bar = make('progress', { max: capacity, value: Math.min(occupied, capacity), 'aria-label': t('people', { occupied, capacity }) })
  return make('div', { className: 'occupancy' }, make('p', {}, make('strong', {}, number(occupied)), ` / ${number(capacity)}`, make('span', {}, left)), bar)
}

const road = (record) => make('p', { className: 'text' }, [t(`reason.${record.reason}`), record.note, record.expected_at && t('expected', { time: shortTime(record.expected_at) })].filter(Boolean).join(' · '))
const power = (record) => make('p', { className: 'text' }, [t('households', { n: number(record.households) }), record.team ? t('team', { team: record.team, n: record.team_people }) : t('noTeam'), record.expected_at && t('expected', { time: shortTime(record.expected_at) })].filter(Boolean).join(' · '))

function contact(kind, record) {
  const phone = kind === 'shelter' ? record.contact_phone : kind === 'power' ? record.team_phone : ''
  return make('p', { className: 'contact' }, kind === 'shelter' ? record.contact_name : '', phone ? make('a', { href: `tel:${phone.replaceAll(' ', '')}` }, phone) : '')
}

function press(id, className, text, onclick, says = '') {
  return make('button', { type: 'button', id, className, onclick, ...(says && { 'aria-label': says }) }, text)
}

export async function locate() {
  try {
    const { latitude, longitude } = await state.zzd.location()
    state.device = { lat: latitude, lon: longitude }
    tell('records')
  } catch {
    notify(t('noPlace'))
  }
}
