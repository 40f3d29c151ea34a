// The dialog in which a shelter is registered or updated.

import { call } from './api.js'
import { make } from './cards.js'

const dialog = document.getElementById('editor')
const form = dialog.querySelector('form')
const title = document.getElementById('editor-title')
const problem = document.getElementById('editor-problem')
const save = document.getElementById('save')
const fields = form.elements

let shelter = null
let done = () => {}

export function openEditor(wanted, units, onDone) {
  shelter = wanted
  done = onDone
  title.textContent = shelter ? `更新${shelter.name}` : '登记安置点'
  document.getElementById('unit-field').hidden = Boolean(shelter)
  fields.unit_id.replaceChildren(...units.map(({ id, name }) => make('option', { value: id }, name)))
  fill(shelter ?? { is_open: true, occupied: 0 })
  show({ message: '', faults: {} })
  dialog.showModal()
  const first = shelter ? fields.occupied : fields.name
  first.focus()
  first.select()
}

function fill(values) {
  for (const name of ['name', 'address', 'capacity', 'occupied', 'contact_name', 'contact_phone'])
    fields[name].value = values[name] ?? ''
  fields.is_open.checked = values.is_open
}

function written() {
  const text = (name) => fields[name].value.trim()
  const number = (name) => (/^\d{1,9}$/.test(text(name)) ? Number(text(name)) : null)
  return {
    name: text('name'),
    address: text('address'),
    capacity: number('capacity'),
    occupied: number('occupied'),
    contact_name: text('contact_name'),
    contact_phone: text('contact_phone'),
    is_open: fields.is_open.checked,
    ...(shelter ? { version: shelter.version } : { unit_id: fields.unit_id.value }),
  }
}

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  save.disabled = true
  try {
    const kept = shelter
      ? await call('PUT', `/api/shelters/${shelter.id}`, written())
      : await call('POST', '/api/shelters', written())
    dialog.close()
    done(kept, shelter ? '已更新' : '已登记')
  } catch (error) {
    if (error.code === 'changed_meanwhile') loadPresent(error.present)
    else show(error)
  } finally {
    save.disabled = false
  }
})

function loadPresent(present) {
  shelter = present
  fill(present)
  show({ message: `${present.updated_by}刚刚更新过，已显示最新内容，请核对后再保存`, faults: {} })
}

function show({ message, faults = {} }) {
  for (const old of form.querySelectorAll('.fault')) old.remove()
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid')
    input.removeAttribute('aria-describedby')
  }
  problem.textContent = message
  problem.hidden = !message
  for (const [name, text] of Object.entries(faults)) {
    if (!fields[name]) continue
    fields[name].setAttribute('aria-invalid', 'true')
    fields[name].setAttribute('aria-describedby', `fault-${name}`)
    fields[name].closest('label').append(make('span', { className: 'fault', id: `fault-${name}` }, text))
  }
  form.querySelector('[aria-invalid]')?.focus()
}

document.getElementById('cancel').addEventListener('click', () => dialog.close())
