// Cloud pictures, with a slider of their own.

import { call, open } from './api.js'
import { at, make, notify, redraw } from './dom.js'
import { openForm } from './editor.js'
import { feedLine } from './feeds.js'
import { shownAt, state, tell } from './state.js'
import { shortTime, t } from './words.js'

const urls = new Map()
const KEPT = 60

export async function loadPictures() {
  try {
    state.pictures = (await call('GET', '/api/clouds')).pictures
  } catch {
    // The feed's own line says what is wrong; the pictures one has stay.
  }
  tell('clouds')
}

/** The one to show: picked by hand, or the latest before the time that is shown. */
export function pictureNow() {
  if (!state.followsClock) return state.pictures.find((one) => one.id === state.picture) ?? null
  const before = state.pictures.filter((one) => Date.parse(one.at) <= shownAt())
  return before.at(-1) ?? state.pictures[0] ?? null
}

/** The address of a picture's content in this page; it is fetched once, with the page's token. */
export async function urlOf(picture) {
  if (urls.has(picture.id)) return urls.get(picture.id)
  const response = await open(`/api/clouds/${picture.id}`)
  if (!response.ok) throw new Error(t('cloudFailed'))
  const url = URL.createObjectURL(await response.blob())
  urls.set(picture.id, url)
  if (urls.size > KEPT) {
    const [oldest, old] = urls.entries().next().value
    URL.revokeObjectURL(old)
    urls.delete(oldest)
  }
  return url
}

export function drawClouds(host) {
  const picture = pictureNow()
  const upload = state.visit.may_upload ? make('button', { type: 'button', id: 'upload-cloud', className: 'primary', onclick: uploadForm }, t('uploadCloud')) : ''
  if (!picture) {
    redraw(host, make('p', { className: 'empty' }, t('noClouds')), upload, feedLine('clouds'))
    return
  }
  const index = state.pictures.indexOf(picture)
  const slider = make('input', { type: 'range', id: 'cloud-at', min: 0, max: state.pictures.length - 1, value: index, 'aria-label': t('cloudTime'), 'aria-valuetext': shortTime(picture.at) })
  slider.addEventListener('input', () => {
    state.followsClock = false
    state.picture = state.pictures[Number(slider.value)].id
    tell('clouds')
  })
  const image = make('img', { alt: `${t('tab.clouds')} ${shortTime(picture.at)}`, id: 'cloud-image', width: 640, height: 640 })
  urlOf(picture).then((url) => {
    image.src = url
  }, (error) => notify(error.message))
  redraw(
    host,
    make('figure', { className: 'cloud' },
      image,
      make('figcaption', {},
        picture.is_sample ? make('span', { className: 'tag amber' }, t('sample')) : '',
        make('b', { id: 'cloud-time' }, shortTime(picture.at)),
        picture.is_sample ? t('cloudSample') : picture.by ? `${picture.note} ${t('uploadedBy', { by: picture.by })}` : picture.note)),
    slider,
    make('div', { className: 'tools' },
      check('follows-clock', t('followClock'), state.followsClock, (on) => {
        state.picture = picture.id
        state.followsClock = on
      }),
      picture.bounds ? check('cloud-on-map', t('onMap'), state.cloudOnMap, (on) => {
        state.cloudOnMap = on
      }) : '',
      upload),
    feedLine('clouds'),
  )
}

function check(id, text, checked, set) {
  const input = make('input', { type: 'checkbox', id, checked })
  input.addEventListener('change', () => {
    set(input.checked)
    tell('clouds')
  })
  return make('label', { className: 'switch' }, input, text)
}

function uploadForm() {
  const now = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 16)
  const file = make('input', { type: 'file', name: 'picture', accept: 'image/png,image/jpeg,image/webp', required: true })
  const time = make('input', { type: 'datetime-local', name: 'at', value: now })
  const note = make('input', { name: 'note', maxLength: 60, autocomplete: 'off' })
  const key = crypto.randomUUID()
  openForm({
    title: t('uploadCloud'),
    parts: [field('picture', file), field('at', time), field('note', note)],
    async save() {
      if (!file.files[0]) throw Object.assign(new Error(t('refused.invalid')), { faults: { picture: 'required' } })
      const query = new URLSearchParams({ at: `${time.value}:00+08:00`, note: note.value.trim(), client_id: key })
      const made = await call('POST', `/api/clouds?${query}`, file.files[0])
      await loadPictures()
      Object.assign(state, { followsClock: false, picture: made.id })
      tell('clouds')
      notify(t('uploaded'))
    },
  })
  at('editor').querySelector('input')?.focus()
}

const field = (name, input) => make('label', { className: 'field', 'data-field': name }, t(`field.${name}`), input)
