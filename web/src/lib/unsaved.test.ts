import { afterEach, expect, test } from 'vitest'
import { effectScope } from 'vue'
import { askBeforeUnload, giveUpUnsaved, useUnsaved } from './unsaved'

const page = new EventTarget() as Window & typeof globalThis
askBeforeUnload(page)

/** Whether the browser asks before the page goes. */
const asks = () => !page.dispatchEvent(new Event('beforeunload', { cancelable: true }))
const scopes = [effectScope(), effectScope()]
afterEach(() => scopes.forEach((scope) => scope.stop()))

test('the page goes without a word unless a form that is open holds something', () => {
  let text = ''
  const [form, other] = scopes
  form?.run(() => useUnsaved(() => text !== ''))
  other?.run(() => useUnsaved(() => false))
  expect(asks()).toBe(false)
  text = '三级响应'
  expect(asks()).toBe(true)
  form?.stop()
  expect(asks()).toBe(false)
})

test('whoever has agreed to lose it is not asked twice', () => {
  effectScope().run(() => useUnsaved(() => true))
  expect(asks()).toBe(true)
  giveUpUnsaved()
  expect(asks()).toBe(false)
})
