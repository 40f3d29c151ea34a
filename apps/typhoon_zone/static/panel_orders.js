// The level in force and the directives for one's unit.

import { call } from './api.js'
import { make, notify, redraw } from './dom.js'
import { state, tell } from './state.js'
import { shortTime, t } from './words.js'

export function drawOrders(host) {
  if (!state.orders) {
    redraw(host, state.ordersProblem ? problem() : skeleton())
    return
  }
  const { events, assignments } = state.orders
  redraw(
    host,
    state.ordersProblem && problem(),
    events.length === 0 && make('p', { className: 'empty small' }, t('noEvents')),
    events.map(eventCard),
    make('h2', {}, t('ordersTitle')),
    assignments.length === 0 ? make('p', { className: 'empty' }, t('noOrders')) : assignments.map(card),
  )
}

const problem = () => make('p', { className: 'banner bad', role: 'alert' }, t('ordersFailed', { reason: state.ordersProblem }))
const skeleton = () => [1, 2, 3].map(() => make('div', { className: 'card skeleton' }))

function eventCard(event) {
  return make('article', { className: `event level${event.level ?? 0}` },
    make('strong', {}, event.level ? t(`level.${event.level}`) : t('levelNone')),
    make('div', {},
      make('b', {}, event.name),
      event.mode === 'exercise' ? make('span', { className: 'tag amber' }, t('exercise')) : '',
      event.since ? make('p', {}, t('levelBy', { unit: event.by ?? t('above'), time: shortTime(event.since) })) : ''))
}

function card(one) {
  return make('article', { className: `card order ${one.urgency}`, id: `order-${one.id}` },
    make('header', {},
      make('span', { className: `tag ${one.urgency}` }, t(`urgency.${one.urgency}`)),
      one.event.mode === 'exercise' ? make('span', { className: 'tag amber drill' }, t('exercise')) : '',
      make('h3', {}, one.title),
      one.overdue ? make('span', { className: 'tag red' }, t('overdue')) : ''),
    make('p', { className: 'from' }, [one.number, one.issuer ?? t('above'), one.event.name].filter(Boolean).join(' · ')),
    make('p', { className: 'text' }, one.text),
    one.notes.map((note) => make('p', { className: 'note' }, t('noteOf', note))),
    make('footer', {},
      make('span', { className: 'due' }, one.acknowledged
        ? t('acknowledged', { name: one.acknowledged.by?.name ?? '', time: shortTime(one.acknowledged.at) })
        : t('ackBy', { time: shortTime(one.ack_deadline) })),
      one.may_acknowledge ? button(one) : one.acknowledged ? '' : make('span', { className: 'due' }, t('notMine'))))
}

function button(one) {
  const press = make('button', { type: 'button', className: 'primary', id: `ack-${one.id}`, 'aria-label': t('acknowledgeOf', { title: one.title }) }, t('acknowledge'))
  press.addEventListener('click', async () => {
    press.disabled = true
    try {
      const done = await call('POST', `/api/assignments/${one.id}/acknowledgement`)
      state.orders.assignments = state.orders.assignments.map((other) => (other.id === one.id ? done : other))
      notify(t('acknowledgedNow', { title: one.title }))
      tell('orders')
    } catch (error) {
      press.disabled = false
      notify(error.message)
    }
  })
  return press
}

export async function loadOrders() {
  try {
    state.orders = await call('GET', '/api/directives')
    state.ordersProblem = ''
  } catch (error) {
    state.ordersProblem = error.message
  }
  tell('orders')
}
