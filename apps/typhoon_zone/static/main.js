// The zone: who is looking, the storm on its clock, and what everybody in the field reports.

import { Refused, call, signIn, useBridge } from './api.js'
import { Clock } from './clock.js'
import { at, make } from './dom.js'
import { drawClock, drawHeadline, drawHome, drawLine } from './frame.js'
import { follow } from './live.js'
import { makeMap } from './map.js'
import { drawClouds, loadPictures, pictureNow, urlOf } from './panel_clouds.js'
import { drawGauges } from './panel_gauges.js'
import { drawOrders, loadOrders } from './panel_orders.js'
import { drawRecords } from './panel_records.js'
import { gaugesNow, on, recordsNow, state, stormNow, tell } from './state.js'
import { readStorm } from './storm.js'
import { getLanguage, isChosen, setLanguage, t } from './words.js'

const TABS = ['orders', 'shelter', 'road', 'power', 'gauges', 'clouds']
const ORDERS_EVERY = 15_000
// Lekima's night, from which a replay begins: the evening before the landfall at 01:45.
const EVENING = Date.parse('2019-08-09T20:00:00+08:00')
let chart = null

async function start() {
  show('loading')
  try {
    await connect()
    state.visit = await signIn()
    const [borders, records] = await Promise.all([call('GET', '/api/borders'), call('GET', '/api/records')])
    take(records)
    show('zone')
    chart ??= makeMap(at('map'), { onPick: pick })
    drawAll()
    chart.drawBorders(borders, state.visit.place)
    on('language', () => chart.drawBorders(borders, state.visit.place))
    await loadStorm()
    void loadFeeds()
    void loadPictures()
    void loadOrders()
    setInterval(() => document.hidden || loadOrders(), ORDERS_EVERY)
    follow({ after: records.seq, onChange: hear, onState: setLine })
    state.zzd.setTitle({ title: `${t('title')} · ${state.visit.place.name}` }).catch(() => {})
  } catch (error) {
    at('failure-text').textContent = error.message
    show('failure')
  }
}

async function connect() {
  if (state.zzd) return
  if (window.parent === window) throw new Error(t('outside'))
  const origins = document.querySelector('meta[name="zzd-origins"]').content.split(' ')
  const known = [window.location.ancestorOrigins?.[0], ...origins].filter((origin) => origins.includes(origin))
  try {
    const { connect: shakeHands } = await import(`${known[0]}/zzd/1/zzd.js`)
    state.zzd = await shakeHands({ origins })
  } catch (error) {
    throw error instanceof TypeError ? new Refused(0, { code: 'no_answer' }) : new Refused(0, { code: error.code ?? 'no_answer' })
  }
  useBridge(state.zzd)
  const context = await state.zzd.getContext().catch(() => null)
  if (context && !isChosen()) setLanguage(context.language, false)
}

const show = (part) => {
  for (const id of ['loading', 'failure', 'zone']) at(id).hidden = id !== part
}

// What comes in

function take({ items, feeds, now }) {
  for (const item of items) {
    const known = state.records.get(item.id)
    if (!known || known.version <= item.version) state.records.set(item.id, item)
  }
  state.feeds = feeds
  state.heardAt = Date.parse(now)
}

function hear(changes) {
  const before = state.feeds
  take(changes)
  const isNew = (name) => before[name]?.version !== state.feeds[name]?.version
  if (isNew('track')) void loadStorm()
  if (isNew('gauges') || isNew('outages')) void loadFeeds()
  if (changes.pictures !== state.picturesVersion) void loadPictures()
  state.picturesVersion = changes.pictures
  if (changes.items.length) tell('records')
  else if (JSON.stringify(before) !== JSON.stringify(state.feeds)) tell('feeds')
  tell('line')
}

function setLine(line) {
  const was = state.line
  state.line = line
  if (was === line) return
  tell('line')
  if (was === 'down' && line === 'live') void loadOrders()
}

async function loadStorm() {
  const { storm } = await call('GET', '/api/storm')
  const clock = state.clock
  const wasRunning = clock?.isRunning ?? !matchMedia('(prefers-reduced-motion: reduce)').matches
  clock?.stop()
  state.storm = readStorm(storm)
  state.clock = null
  chart.drawPath(state.storm)
  if (state.storm?.is_replay) {
    const { first, last } = state.storm
    const begin = clock?.at ?? (first < EVENING && EVENING < last ? EVENING : first)
    state.clock = new Clock({ first, last, at: begin, onTick: () => tell('clock') })
    if (clock) state.clock.speed = clock.speed
    if (wasRunning) state.clock.start()
  }
  const now = stormNow()
  if (!clock) chart.fit([[state.visit.place.lat + 3, state.visit.place.lon - 3], [state.visit.place.lat - 3.6, state.visit.place.lon + 4], ...(now ? [[now.lat - 1.5, now.lon + 1]] : [])])
  tell('clock')
}

async function loadFeeds() {
  const [gauges, outages] = await Promise.all([call('GET', '/api/gauges'), call('GET', '/api/outages')]).catch(() => [null, null])
  if (gauges) Object.assign(state, { gauges: gauges.gauges, outages: outages.outages })
  tell('records')
  tell('gauges')
}

// What is drawn

function drawAll() {
  at('greeting').textContent = t('greeting', { name: state.visit.official.name, unit: state.visit.official.unit.name, title: state.visit.official.post_title })
  at('language').textContent = getLanguage() === 'zh' ? 'English' : '中文'
  drawTabs()
  drawLayers()
  drawPanel()
  drawLine()
  drawClock()
  drawHeadline()
  drawHome()
}

/** Made once and changed where they stand: who presses one while the clock runs presses it. */
function drawTabs() {
  const over = gaugesNow().filter((gauge) => gauge.over === 'danger').length
  const open = state.orders?.assignments.filter((one) => one.may_acknowledge).length ?? 0
  const badge = { orders: open, gauges: over }
  if (!at('tabs').childElementCount)
    at('tabs').append(...TABS.map((name) => make('button', { type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': 'panel', onclick: () => choose(name) })))
  for (const name of TABS) {
    const tab = at(`tab-${name}`)
    const isShown = state.tab === name
    if (tab.getAttribute('aria-selected') !== String(isShown)) tab.setAttribute('aria-selected', String(isShown))
    tab.tabIndex = isShown ? 0 : -1
    const says = [t(`tab.${name}`), badge[name] || ''].join(' ')
    if (tab.dataset.says === says) continue
    tab.dataset.says = says
    tab.replaceChildren(t(`tab.${name}`), ...(badge[name] ? [make('b', { className: 'badge' }, String(badge[name]))] : []))
  }
}

function choose(name) {
  const hadFocus = at('tabs').contains(document.activeElement)
  state.tab = name
  drawTabs()
  drawPanel()
  at('panel').scrollTop = 0
  if (hadFocus) at(`tab-${name}`).focus()
}

at('tabs').addEventListener('keydown', (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
  if (step) choose(TABS[(TABS.indexOf(state.tab) + step + TABS.length) % TABS.length])
})

function drawPanel() {
  const host = at('panel')
  host.setAttribute('aria-labelledby', `tab-${state.tab}`)
  if (state.tab === 'orders') drawOrders(host)
  else if (state.tab === 'gauges') drawGauges(host)
  else if (state.tab === 'clouds') drawClouds(host)
  else drawRecords(host, state.tab)
}

const LAYERS = ['circles', 'records', 'gauges']
const shownLayers = new Set(LAYERS)
function drawLayers() {
  at('layers').replaceChildren(at('layers').firstElementChild, ...LAYERS.map((name) => {
    const input = make('input', { type: 'checkbox', id: `layer-${name}`, checked: shownLayers.has(name) })
    input.addEventListener('change', () => {
      shownLayers[input.checked ? 'add' : 'delete'](name)
      chart.toggle(name, input.checked)
    })
    return make('label', {}, input, t(`layer.${name}`))
  }))
}

function pick(kind, key) {
  state.picked = key
  if (kind === 'gauges') state.filters.gauges.onlyOver = false
  choose(kind)
  at(kind === 'gauges' ? `gauge-${key}` : key)?.scrollIntoView({ block: 'center' })
}

async function drawCloudOnMap() {
  const picture = state.cloudOnMap ? pictureNow() : null
  const url = picture && (await urlOf(picture).catch(() => null))
  chart.drawCloud(url, picture?.bounds)
}

// The clock moves sixty times a second. What moves with it is drawn so often that it seems to flow, and lists that
// depend on it follow every few moments.
const DRAWN_EVERY = 60
let drawnUntil = 0
let slowUntil = 0
on('clock', () => {
  if (performance.now() < drawnUntil && state.clock?.isRunning) return
  drawnUntil = performance.now() + DRAWN_EVERY
  const now = stormNow()
  if (now) chart.drawStorm(state.storm, now)
  drawClock()
  drawHeadline()
  drawHome()
  if (performance.now() < slowUntil && state.clock?.isRunning) return
  slowUntil = performance.now() + 700
  chart.drawGauges(gaugesNow())
  chart.drawRecords(recordsNow(), state.picked)
  drawTabs()
  if (['gauges', 'clouds', 'power'].includes(state.tab) && !at('panel').contains(document.activeElement)) drawPanel()
  if (state.cloudOnMap) void drawCloudOnMap()
})
on('records', () => {
  chart.drawHome(state.visit.place, state.device)
  chart.drawRecords(recordsNow(), state.picked)
  if (['shelter', 'road', 'power'].includes(state.tab)) drawPanel()
})
on('gauges', () => {
  chart.drawGauges(gaugesNow())
  drawTabs()
  if (state.tab === 'gauges') drawPanel()
})
on('clouds', () => {
  void drawCloudOnMap()
  if (state.tab === 'clouds') drawPanel()
})
on('orders', () => {
  drawHeadline()
  drawTabs()
  if (state.tab === 'orders') drawPanel()
})
on('feeds', () => {
  if (!at('panel').contains(document.activeElement)) drawPanel()
  drawHome()
})
on('line', drawLine)
setInterval(() => state.visit && drawLine(), 1_000)
// In the present the clock is the time itself.
setInterval(() => state.storm && !state.storm.is_replay && tell('clock'), 60_000)

at('retry').addEventListener('click', start)
at('language').addEventListener('click', () => {
  setLanguage(getLanguage() === 'zh' ? 'en' : 'zh')
  tell('language')
  drawAll()
})
setLanguage(getLanguage(), false)
void start()
