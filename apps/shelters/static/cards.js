// The list of shelters, built from elements: no text of anybody's ever becomes markup.

const STATES = { open: '可接收', full: '已满', closed: '未启用' }
const time = new Intl.DateTimeFormat('zh-CN', {
  month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false,
})

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

export function card(shelter, onEdit) {
  return make('li', { className: `card ${shelter.state}`, id: `shelter-${shelter.id}` },
    make('div', { className: 'card-head' },
      make('h2', {}, shelter.name),
      shelter.is_sample ? make('span', { className: 'badge sample' }, '示例') : '',
      make('span', { className: `badge ${shelter.state}` }, STATES[shelter.state])),
    make('p', { className: 'place' }, `${shelter.unit_name} · ${shelter.address}`),
    occupancy(shelter),
    make('div', { className: 'card-foot' },
      make('p', { className: 'contact' },
        make('span', {}, shelter.contact_name),
        make('a', { href: `tel:${shelter.contact_phone.replaceAll(' ', '')}` }, shelter.contact_phone)),
      shelter.may_change ? editButton(shelter, onEdit) : ''),
    make('p', { className: 'updated' }, shelter.is_sample
      ? '示例数据，更新后即为实际数据'
      : `${time.format(new Date(shelter.updated_at))} 由${shelter.updated_by}更新`))
}

function occupancy({ capacity, occupied, state }) {
  const free = capacity - occupied
  const left = state === 'closed' ? '未启用' : free > 0 ? `余 ${free} 人` : free < 0 ? `超员 ${-free} 人` : '已满'
  const bar = make('progress', { max: capacity, value: Math.min(occupied, capacity) })
  bar.setAttribute('aria-label', `已安置 ${occupied} 人，可容纳 ${capacity} 人`)
  return make('div', { className: 'occupancy' },
    make('p', {}, make('strong', {}, String(occupied)), ` / ${capacity} 人`,
      make('span', { className: 'left' }, left)),
    bar)
}

function editButton(shelter, onEdit) {
  const button = make('button', { type: 'button', className: 'plain', onclick: () => onEdit(shelter) }, '更新')
  button.setAttribute('aria-label', `更新${shelter.name}`)
  return button
}
