// 安置点登记: who is looking, what there is, and keeping it up to date.

import { call, signIn } from './api.js'
import { ask, isFramed } from './bridge.js'
import { card } from './cards.js'
import { openEditor } from './editor.js'

const REFRESH_EVERY = 30_000
const at = (id) => document.getElementById(id)

let visit = null
let shelters = []
let next = null
let loadNumber = 0

async function start() {
  show('loading')
  if (!isFramed()) return fail('请从协同平台的“工作台”打开本应用', false)
  greetFromContext()
  try {
    visit = await signIn()
    greet(`您好，${visit.official.name}（${visit.official.unit.name} ${visit.official.post_title}）`)
    at('add').hidden = visit.writable.length === 0
    await load()
    ask('setTitle', { title: `安置点登记 · ${visit.scope.name}` }).catch(() => {})
  } catch (error) {
    fail(error.message)
  }
}

// The client knows a name at once; who it really is comes from the server a moment later.
async function greetFromContext() {
  const context = await ask('getContext').catch(() => null)
  if (!context) return
  document.documentElement.dataset.theme = context.theme === 'dark' ? 'dark' : 'light'
  if (!visit && context.user?.name) greet(`您好，${context.user.name}`)
}

const greet = (text) => {
  at('greeting').textContent = text
}

function show(part) {
  for (const id of ['ready', 'loading', 'failure']) at(id).hidden = id !== part
  at('main').setAttribute('aria-busy', String(part === 'loading'))
}

function fail(text, mayRetry = true) {
  if (!visit) greet('')
  at('failure-text').textContent = text
  at('retry').hidden = !mayRetry
  show('failure')
}

const query = (after) => {
  const wanted = { q: at('q').value.trim(), state: document.querySelector('[name=state]:checked').value }
  return `/api/shelters?${new URLSearchParams(after ? { ...wanted, after } : wanted)}`
}

async function load() {
  const number = ++loadNumber
  const page = await call('GET', query())
  // An answer to what is no longer asked comes too late.
  if (number !== loadNumber) return
  shelters = page.items
  render(page)
  show('ready')
}

async function loadMore() {
  const number = ++loadNumber
  at('more').disabled = true
  try {
    const page = await call('GET', query(next))
    if (number !== loadNumber) return
    shelters = [...shelters, ...page.items]
    render(page)
  } catch (error) {
    notify(error.message)
  } finally {
    at('more').disabled = false
  }
}

function render(page) {
  next = page.next
  const focused = document.activeElement?.closest?.('.card')?.id
  at('list').replaceChildren(...shelters.map((shelter) => card(shelter, edit)))
  if (focused) at(focused)?.querySelector('button')?.focus()
  at('more').hidden = next === null
  at('empty').hidden = shelters.length > 0
  at('empty').textContent = emptyText(page.totals)
  const { totals } = page
  at('total-shelters').textContent = totals.shelters
  at('total-open').textContent = totals.open
  at('total-full').textContent = totals.full
  at('total-people').textContent = `${totals.occupied} / ${totals.capacity}`
}

function emptyText(totals) {
  if (totals.shelters > 0) return '没有符合条件的安置点'
  return visit.writable.length > 0
    ? `${visit.scope.name}还没有登记安置点，点“登记安置点”添加第一个`
    : `${visit.scope.name}还没有登记安置点，由乡镇和村登记`
}

const edit = (shelter) => openEditor(shelter, visit.writable, saved)

async function saved(shelter, text) {
  notify(`${shelter.name}${text}`)
  await reload()
  at(`shelter-${shelter.id}`)?.querySelector('button')?.focus()
}

async function reload() {
  try {
    await load()
  } catch (error) {
    notify(error.message)
  }
}

let noticeTimer = null
function notify(text) {
  clearTimeout(noticeTimer)
  at('notice').textContent = text
  noticeTimer = setTimeout(() => {
    at('notice').textContent = ''
  }, 4000)
}

let typing = null
at('q').addEventListener('input', () => {
  clearTimeout(typing)
  typing = setTimeout(reload, 250)
})
document.querySelector('.filters').addEventListener('submit', (event) => event.preventDefault())
document.querySelector('.segments').addEventListener('change', reload)
at('more').addEventListener('click', loadMore)
at('add').addEventListener('click', () => edit(null))
at('retry').addEventListener('click', start)

// What others register shows up by itself, unless somebody has gone further down the list.
const refresh = () => {
  const idle = visit && !document.hidden && !at('editor').open && shelters.length <= 100
  if (idle && !at('ready').hidden) reload()
}
setInterval(refresh, REFRESH_EVERY)
document.addEventListener('visibilitychange', refresh)

start()
