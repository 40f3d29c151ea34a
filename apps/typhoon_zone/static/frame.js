// What stands around the lists: the headline, the distance to home, the clock, the line's state.

import { SPEEDS } from './clock.js'
import { at, make } from './dom.js'
import { shownAt, state, stormNow } from './state.js'
import { classOf } from './storm.js'
import { clockTime, direction, longTime, shortTime, span, t } from './words.js'

export function drawHeadline() {
  const now = stormNow()
  const events = state.orders?.events ?? []
  at('levels').replaceChildren(...levelsShown(events).map((event) =>
    make('li', { className: `level level${event.level}`, title: event.name }, t(`level.${event.level}`), event.mode === 'exercise' ? `（${t('exercise')}）` : '')))
  if (!now) {
    at('headline').textContent = t('noStorm')
    return
  }
  const kind = classOf(now.wind_ms)
  const name = state.storm.name[document.documentElement.lang === 'en' ? 'en' : 'zh']
  at('headline').replaceChildren(
    make('b', {}, `${name} ${state.storm.number}`),
    make('span', { className: `kind ${kind}` }, t(`class.${kind}`)),
    now.wind_ms === null ? '' : t('windAndPressure', { wind: Math.round(now.wind_ms), pressure: Math.round(now.pressure_hpa ?? 0) || '—' }))
}

/** Every level in force, the highest first; of exercises, what there is room for after these. */
export function levelsShown(events) {
  const of = (mode) => events.filter((event) => event.level && event.mode === mode).sort((a, b) => a.level - b.level)
  const actual = of('actual')
  return [...actual, ...of('exercise').slice(0, Math.max(1, 3 - actual.length))]
}

export function drawHome() {
  const host = at('home')
  const now = stormNow()
  if (!now) {
    host.replaceChildren(make('p', {}, t('noStorm')), make('p', { className: 'hint' }, state.feeds.track?.fault ?? t('noStormHint')))
    return
  }
  const { to } = now
  const left = Date.parse(to.nearest_at) - now.ms
  const nearest = left > 30 * 60_000
    ? t('homeNearestAhead', { span: span(left), km: to.nearest_km })
    : left > -30 * 60_000 ? t('homeNearestNow', { km: to.nearest_km }) : t('homeNearestPast', { time: shortTime(to.nearest_at), km: to.nearest_km })
  const gale = to.gale_at === null ? t('homeGaleNone') : Date.parse(to.gale_at) - now.ms > 10 * 60_000 ? t('homeGaleIn', { span: span(Date.parse(to.gale_at) - now.ms) }) : t('homeGaleNow')
  const isIn = to.gale_at !== null && Date.parse(to.gale_at) - now.ms <= 10 * 60_000
  host.replaceChildren(
    make('p', { className: 'to' }, t('homeTo', { place: state.visit.place.name }), make('strong', { id: 'home-km' }, String(to.km)), t('kilometres', { n: '' }).trim()),
    make('p', {}, t('homeNow', { direction: direction(to.bearing) })),
    make('p', { id: 'home-nearest' }, nearest),
    make('p', { className: isIn ? 'alarm' : '' }, `${isIn ? '▲ ' : ''}${gale}`),
    make('p', { className: 'hint' }, [
      t('trackSource', { source: state.storm.source }),
      state.storm.has_forecasts ? '' : `${t('forecastCone')}：${t('extrapolated')}`,
      state.storm.has_radii ? '' : `${t('layer.circles')}：${t('estimated')}`,
    ].filter(Boolean).join('；')))
}

let built = null
export function drawClock() {
  const { clock, storm } = state
  at('clock').hidden = !storm
  if (!storm) return
  const lang = document.documentElement.lang
  at('mode').textContent = clock ? t('replay') : t('live')
  at('moment').textContent = longTime(shownAt())
  at('moment').dateTime = new Date(shownAt()).toISOString()
  for (const id of ['play', 'at']) at(id).hidden = !clock
  at('speed').parentElement.hidden = !clock
  if (!clock) return
  if (built !== clock || at('speed').dataset.lang !== lang) {
    built = clock
    const dial = at('at')
    Object.assign(dial, { min: String(clock.first), max: String(clock.last) })
    dial.setAttribute('aria-label', t('clockLabel'))
    dial.oninput = () => clock.set(Number(dial.value))
    at('play').onclick = () => clock.toggle()
    const speed = at('speed')
    speed.dataset.lang = lang
    speed.replaceChildren(...SPEEDS.map((one) => make('option', { value: String(one), selected: one === clock.speed }, t('perSecond', { span: span(one) }))))
    speed.onchange = () => {
      clock.speed = Number(speed.value)
    }
  }
  at('at').value = String(clock.at)
  at('at').setAttribute('aria-valuetext', longTime(clock.at))
  const label = clock.isRunning ? t('pause') : t('play')
  if (at('play').getAttribute('aria-label') !== label) {
    at('play').setAttribute('aria-label', label)
    at('play').className = `round ${clock.isRunning ? 'pause' : 'play'}`
  }
}

export function drawLine() {
  const { line, heardAt } = state
  const text = line === 'live' ? `${t('line.live')} ${clockTime(Date.now())}` : t(`line.${line}`)
  const host = at('connection')
  host.className = `connection ${line}`
  if (host.textContent !== text) host.textContent = text
  const down = at('line-down')
  down.hidden = line !== 'down'
  const says = t('lineDown', { time: clockTime(heardAt) })
  if (!down.hidden && down.textContent !== says) down.textContent = says
}
