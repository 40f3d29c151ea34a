// The dialog in which the field keeps shelters, roads and power up to date.

import { call } from './api.js'
import { at, make, notify } from './dom.js'
import { state, tell } from './state.js'
import { t } from './words.js'

const REASONS = ['flood', 'landslide', 'rockfall', 'trees', 'damage', 'control', 'other']
const choices = (kind, name) => (name === 'reason' ? REASONS.map((one) => [one, t(`reason.${one}`)]) : (kind === 'road' ? ['closed', 'limited', 'open'] : ['out', 'repairing', 'restored']).map((one) => [one, t(`${kind}.${one}`)]))
const FIELDS = {
  shelter: { name: 'text', address: 'text', capacity: 'number', occupied: 'count', is_open: 'flag', contact_name: 'text', contact_phone: 'tel' },
  road: { name: 'text', state: 'choice', reason: 'choice', note: 'text', expected_at: 'time' },
  power: { name: 'text', state: 'choice', households: 'number', team: 'text', team_people: 'number', team_phone: 'tel', expected_at: 'time' },
}
const FRESH = {
  shelter: { occupied: 0, is_open: true },
  road: { state: 'closed', reason: 'flood', note: '' },
  power: { state: 'out', households: 0, team: '', team_people: 0, team_phone: '' },
}

const dialog = at('editor')
const form = dialog.querySelector('form')
let current = null

export function edit(kind, record) {
  const values = record ?? { ...FRESH[kind], lat: null, lon: null }
  const context = { kind, record, key: crypto.randomUUID(), place: { lat: values.lat ?? null, lon: values.lon ?? null } }
  openForm({
    title: record ? t('updateOf', { name: record.name }) : t(`add.${kind}`),
    parts: [
      record ? '' : labelled('unit_id', kind, make('select', { name: 'unit_id' }, state.visit.writable.map((unit) => make('option', { value: unit.id }, unit.name)))),
      ...Object.entries(FIELDS[kind]).map(([name, type]) => control(kind, name, type, values[name])),
      placeField(context),
    ],
    save: () => send(context),
  })
  const first = form.elements[record && kind === 'shelter' ? 'occupied' : record ? 'state' : 'name']
  first.focus()
  first.select?.()
}

/** A dialog of these parts; it closes when `save` did its work and stays with what went wrong. */
export function openForm({ title, parts, save }) {
  current = save
  const submit = make('button', { type: 'submit', id: 'save', className: 'primary' }, t('save'))
  form.replaceChildren(
    make('h2', { id: 'editor-title' }, title),
    make('p', { id: 'editor-problem', className: 'banner bad', role: 'alert', hidden: true }),
    ...parts.filter(Boolean),
    make('div', { className: 'actions' }, make('button', { type: 'button', id: 'cancel', className: 'plain', onclick: () => dialog.close() }, t('cancel')), submit),
  )
  dialog.showModal()
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const submit = at('save')
  if (submit.disabled) return
  submit.disabled = true
  submit.textContent = t('saving')
  try {
    await current()
    dialog.close()
  } catch (error) {
    show(error)
  } finally {
    submit.disabled = false
    submit.textContent = t('save')
  }
})

async function send(context) {
  const { kind, record, key } = context
  const body = { ...written(kind), ...context.place, client_id: key }
  try {
    const kept = record
      ? await call('PUT', `/api/records/${record.id}`, { ...body, version: record.version })
      : await call('POST', `/api/records/${kind}`, { ...body, unit_id: form.elements.unit_id.value })
    state.records.set(kept.id, kept)
    tell('records')
    notify(t('saved', { name: kept.name }))
  } catch (error) {
    if (error.code !== 'changed_meanwhile') throw error
    // What one typed stays; what the other changed is told beside it, and the next save is upon that.
    const was = context.record
    Object.assign(context, { record: { ...error.present, key: was.key }, key: crypto.randomUUID() })
    state.records.set(error.present.id, error.present)
    throw Object.assign(new Error(t('changedMeanwhile', { name: error.present.updated_by })), {
      theirs: Object.keys(FIELDS[kind]).filter((name) => error.present[name] !== was[name]).map((name) => [name, say(kind, name, error.present[name])]),
    })
  }
}

function written(kind) {
  const values = {}
  for (const [name, type] of Object.entries(FIELDS[kind])) {
    const input = form.elements[name]
    const text = input.value.trim()
    if (type === 'flag') values[name] = input.checked
    else if (type === 'number' || type === 'count') values[name] = /^\d{1,9}$/.test(text) ? Number(text) : null
    else if (type === 'time') values[name] = text ? `${text}:00+08:00` : null
    else values[name] = text
  }
  return values
}

function show({ message, faults = {}, theirs = [] }) {
  for (const old of form.querySelectorAll('.fault')) old.remove()
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid')
  const problem = at('editor-problem')
  problem.textContent = message
  problem.hidden = !message
  const say = (name, text) => {
    const box = form.querySelector(`[data-field="${name}"]`)
    box?.append(make('span', { className: 'fault', id: `fault-${name}` }, text))
    const input = box?.querySelector('input, select')
    input?.setAttribute('aria-invalid', 'true')
    input?.setAttribute('aria-describedby', `fault-${name}`)
  }
  for (const [name, word] of Object.entries(faults)) say(name === 'lat' || name === 'lon' ? 'place' : name, t(`fault.${word}`))
  for (const [name, value] of theirs) say(name, t('theirs', { value }))
  form.querySelector('[aria-invalid]')?.focus()
}

function say(kind, name, value) {
  const type = FIELDS[kind][name]
  if (type === 'flag') return t(value ? 'yes' : 'no')
  if (type === 'choice') return choices(kind, name).find(([one]) => one === value)?.[1] ?? value
  return String(value ?? '')
}

function control(kind, name, type, value) {
  if (type === 'flag') return make('label', { className: 'switch', 'data-field': name }, make('input', { type: 'checkbox', name, checked: Boolean(value) }), t(`field.${name}`))
  if (type === 'choice') return labelled(name, kind, make('select', { name }, choices(kind, name).map(([one, text]) => make('option', { value: one, selected: one === value }, text))))
  if (type === 'time') return labelled(name, kind, make('input', { type: 'datetime-local', name, value: value ? new Date(Date.parse(value) + 8 * 3_600_000).toISOString().slice(0, 16) : '' }))
  const isNumber = type === 'number' || type === 'count'
  const input = make('input', { name, value: value ?? '', type: type === 'tel' ? 'tel' : 'text', inputMode: isNumber ? 'numeric' : '', maxLength: isNumber ? 9 : 200, autocomplete: 'off' })
  if (type !== 'count') return labelled(name, kind, input)
  const step = (by) => make('button', { type: 'button', className: 'plain', onclick: () => {
    input.value = Math.max(0, (Number(input.value) || 0) + by)
  } }, by > 0 ? `+${by}` : `−${-by}`)
  // No label around it: a tap on its text would press the first of the buttons.
  input.id = `field-${name}`
  return make('div', { className: 'field', 'data-field': name }, make('label', { htmlFor: input.id }, t(`field.${name}`)), make('span', { className: 'stepper' }, step(-10), step(-1), input, step(1), step(10)))
}

function labelled(name, kind, input) {
  const special = name === 'name' && kind !== 'shelter' ? `.${kind}` : ''
  return make('label', { className: 'field', 'data-field': name }, t(`field.${name}${special}`), input)
}

function placeField(context) {
  const text = make('span', {}, '')
  const tellPlace = () => {
    const { lat, lon } = context.place
    text.textContent = lat === null ? t('placeNone') : t('placeSet', { lat: lat.toFixed(4), lon: lon.toFixed(4) })
  }
  const locate = make('button', { type: 'button', className: 'plain', onclick: async () => {
    try {
      const { latitude, longitude } = await state.zzd.location()
      context.place = { lat: latitude, lon: longitude }
      tellPlace()
    } catch {
      notify(t('noPlace'))
    }
  } }, t('useMyPlace'))
  tellPlace()
  return make('div', { className: 'field place', 'data-field': 'place' }, t('field.place'), make('span', { className: 'row' }, text, locate))
}
