// Elements from values: no text of anybody's ever becomes markup.

export const at = (id) => document.getElementById(id)

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('aria-') || name.startsWith('data-') || name === 'role' || name === 'for')
      element.setAttribute(name, value)
    else element[name] = value
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''))
  return element
}

/** Draw anew without taking the focus from whoever types or tabs there. */
export function redraw(host, ...children) {
  const active = document.activeElement
  const held = host.contains(active) ? active.id : ''
  const { selectionStart, selectionEnd } = held ? active : {}
  const top = host.scrollTop
  host.replaceChildren(...children.flat().filter(Boolean))
  host.scrollTop = top
  const again = held && at(held)
  if (!again) return
  again.focus({ preventScroll: true })
  if (typeof selectionStart === 'number' && again.setSelectionRange) again.setSelectionRange(selectionStart, selectionEnd)
}

let noticeTimer = null
export function notify(text) {
  clearTimeout(noticeTimer)
  at('notice').textContent = text
  noticeTimer = setTimeout(() => {
    at('notice').textContent = ''
  }, 4500)
}
