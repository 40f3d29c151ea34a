// What is said of a feed: where its data is from, how old it is, and what is wrong with it.

import { make } from './dom.js'
import { state } from './state.js'
import { span, t } from './words.js'

export function feedLine(name) {
  const feed = state.feeds[name]
  if (!feed) return make('p', { className: 'hint' }, t('feed.none'))
  const source = feed.source === 'simulated' ? t('simulated') : feed.source
  const age = feed.good_at ? span(Date.now() - Date.parse(feed.good_at)) : ''
  if (!feed.fault) return make('p', { className: 'hint' }, t('feed.good', { source, span: age }))
  return make('p', { className: 'banner warn', role: 'status' }, t(feed.good_at ? 'feed.bad' : 'feed.never', { fault: feed.fault, span: age }))
}
