// Rivers and rain, each with its thresholds. What is over one is told by sign, word and colour.

import { make, redraw } from './dom.js'
import { feedLine } from './feeds.js'
import { gaugesNow, here, shownAt, state, tell } from './state.js'
import { distance } from './storm.js'
import { shortTime, t } from './words.js'

const ORDER = { danger: 0, warning: 1, none: 2, silent: 3 }
const SIGN = { danger: '▲▲', warning: '▲', none: '', silent: '' }

export function drawGauges(host) {
  const all = gaugesNow()
  const count = (name) => all.filter((gauge) => gauge.over === name).length
  const filter = state.filters.gauges
  const shown = all
    .filter((gauge) => !filter.onlyOver || gauge.over === 'danger' || gauge.over === 'warning')
    .sort((a, b) => ORDER[a.over] - ORDER[b.over] || distance(here(), a) - distance(here(), b))
  const only = make('input', { type: 'checkbox', id: 'only-over', checked: filter.onlyOver })
  only.addEventListener('change', () => {
    filter.onlyOver = only.checked
    tell('gauges')
  })
  redraw(
    host,
    make('p', { className: 'totals' }, t('gaugeTotals', { danger: count('danger'), warning: count('warning'), all: all.length })),
    make('label', { className: 'switch' }, only, t('onlyOver')),
    feedLine('gauges'),
    shown.length === 0 && make('p', { className: 'empty' }, all.length ? t('allNormal') : t('emptyGauges')),
    make('ul', { className: 'list' }, shown.slice(0, 200).map(card)),
  )
}

function card(gauge) {
  const { latest, over, thresholds } = gauge
  const unit = gauge.kind === 'water_level' ? 'm' : 'mm'
  const rain = gauge.kind === 'water_level' ? '' : '.rain'
  const word = over === 'none' || over === 'silent' ? t('over.none') : t(`over.${over}${rain}`)
  return make('li', { className: `card gauge ${over}${state.picked === gauge.id ? ' picked' : ''}`, id: `gauge-${gauge.id}` },
    make('header', {},
      make('h3', {}, gauge.name),
      make('span', { className: 'tag state' }, over === 'silent' ? t('gaugeSilent') : `${SIGN[over]} ${word}`.trim())),
    make('div', { className: 'reading' },
      make('p', {}, make('span', {}, t(`kind.${gauge.kind}`)), make('strong', {}, latest ? String(latest.value) : '—'), ` ${unit}`),
      spark(gauge)),
    make('p', { className: 'updated' }, [t('thresholds', thresholds), latest && t('readAt', { time: shortTime(latest.at) })].filter(Boolean).join(' · ')))
}

const WIDE = 120
const HIGH = 34

/** The readings until now as a line, with the warning threshold across it. */
function spark(gauge) {
  const until = shownAt()
  const readings = gauge.readings.filter((reading) => Date.parse(reading.at) <= until).slice(-24)
  const name = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(name, 'svg')
  svg.setAttribute('viewBox', `0 0 ${WIDE} ${HIGH}`)
  svg.setAttribute('class', 'spark')
  svg.setAttribute('aria-hidden', 'true')
  if (readings.length < 2) return svg
  const values = [...readings.map((reading) => reading.value), gauge.thresholds.danger]
  const low = Math.min(...values)
  const high = Math.max(...values)
  const y = (value) => HIGH - 2 - ((value - low) / (high - low || 1)) * (HIGH - 4)
  const path = (d, className) => {
    const drawn = document.createElementNS(name, 'path')
    drawn.setAttribute('d', d)
    drawn.setAttribute('class', className)
    svg.append(drawn)
  }
  path(`M0 ${y(gauge.thresholds.warning)}H${WIDE}`, 'threshold')
  path(`M${readings.map((reading, index) => `${(index / (readings.length - 1)) * WIDE} ${y(reading.value).toFixed(1)}`).join('L')}`, 'readings')
  return svg
}
