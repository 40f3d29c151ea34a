// What the page says, in Chinese first and in English.

import { WORDS } from './dictionary.js'

const KEPT = 'typhoon-zone.language'
let language = 'zh'
try {
  language = localStorage.getItem(KEPT) ?? 'zh'
} catch {
  // Without storage the choice lasts as long as the page.
}

export const getLanguage = () => language
export const isChosen = () => {
  try {
    return localStorage.getItem(KEPT) !== null
  } catch {
    return false
  }
}

export function setLanguage(wanted, keep = true) {
  language = wanted === 'en' ? 'en' : 'zh'
  try {
    if (keep) localStorage.setItem(KEPT, language)
  } catch {
    // As above.
  }
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t)
  document.title = t('title')
}

export function t(key, values = {}) {
  const pair = WORDS[key]
  if (!pair) return key
  const text = pair[language === 'zh' ? 0 : 1]
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))
}

export const has = (key) => key in WORDS

// The office runs by Beijing time wherever the screen stands.
const ZONE = 'Asia/Shanghai'
const format = (options) => (moment) =>
  new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: ZONE, hour12: false, ...options }).format(new Date(moment))
const short = { month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit' }
export const shortTime = format(short)
export const longTime = format({ ...short, year: 'numeric', weekday: 'short' })
export const clockTime = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
export const number = (value) => new Intl.NumberFormat(language === 'zh' ? 'zh-CN' : 'en').format(value)

export function span(milliseconds) {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000))
  if (minutes < 60) return t('minutes', { n: minutes })
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return t('hours', { n: minutes % 60 >= 30 ? hours + 0.5 : hours })
  return t('days', { n: Math.round(hours / 24) })
}

const DIRECTIONS = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw']
export const direction = (degrees) => t(`direction.${DIRECTIONS[Math.round(degrees / 45) % 8]}`)
