import { describe, expect, test } from 'vitest'
import type { CardAction } from '@/api/cards'
import { withEdit } from '../changes'
import { message } from '../sample'
import { isWaiting, lastOn, withAction, type Pressed } from './pressed'

function action(id: string, over: Partial<CardAction> = {}): CardAction {
  return {
    id,
    conversation_id: 'c',
    seq: 1,
    button_id: 'seen',
    state: 'waiting',
    reason: null,
    toast: null,
    created_at: 'x',
    settled_at: null,
    ...over,
  }
}

const after = (...actions: CardAction[]) => actions.reduce<Pressed>(withAction, {})

describe('what I pressed', () => {
  test('is the last of each button, whatever comes first', () => {
    const old = action('9', { state: 'failed', reason: 'unreachable' })
    const fresh = action('10')
    expect(after(old, fresh)).toEqual(after(fresh, old))
    expect(isWaiting(after(fresh, old))).toBe(true)
  })

  test('stays settled when the answer to the press comes after its outcome', () => {
    const done = action('1', { state: 'done', toast: '已登记' })
    expect(after(done, action('1'))).toEqual(after(action('1'), done))
    expect(isWaiting(after(done, action('1')))).toBe(false)
  })

  test('is said of a card by the last of its buttons, and of no other card', () => {
    const pressed = after(action('1', { state: 'done' }), action('2', { button_id: 'more', state: 'failed' }), action('3', { seq: 2 }))
    expect(lastOn(pressed, 'c', 1)?.id).toBe('2')
    expect(lastOn(pressed, 'c', 9)).toBeNull()
  })
})

describe('a card that is replaced', () => {
  const edit = (version: number) => ({ seq: 1, text: `v${version}`, content: { version }, edited_at: null })

  test('never goes back to an older version', () => {
    const shown = message(1, { kind: 'card', content: { version: 2 }, text: 'v2' })
    expect(withEdit([shown], edit(3))[0]?.text).toBe('v3')
    expect(withEdit([shown], edit(1))[0]?.text).toBe('v2')
  })
})
