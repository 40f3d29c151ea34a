import { describe, expect, test } from 'vitest'
import { callFor, isQuiet, SILENCE, titleOf, type Circumstances, type Occurrence } from './rules'

const away: Circumstances = { attentive: false, quiet: false, sound: true }
const message = (part: Partial<Extract<Occurrence, { kind: 'message' }>> = {}): Occurrence => ({
  kind: 'message',
  mine: false,
  notice: false,
  mentionsMe: false,
  muted: false,
  ...part,
})
const ding: Occurrence = { kind: 'ding', mine: false, confirmed: false }

describe('a message', () => {
  test('calls when nobody looks, and not before somebody’s eyes', () => {
    expect(callFor(message(), away)).toEqual({ notification: true, sound: 'message', stays: false })
    expect(callFor(message(), { ...away, attentive: true })).toBe(SILENCE)
  })

  test('of mine, or of the group itself, never calls', () => {
    expect(callFor(message({ mine: true, mentionsMe: true }), away)).toBe(SILENCE)
    expect(callFor(message({ notice: true }), away)).toBe(SILENCE)
  })

  test('in a muted conversation calls only when it mentions me', () => {
    expect(callFor(message({ muted: true }), away)).toBe(SILENCE)
    expect(callFor(message({ muted: true, mentionsMe: true }), away).notification).toBe(true)
  })

  test('keeps still in the quiet hours, mentioned or not', () => {
    expect(callFor(message({ mentionsMe: true }), { ...away, quiet: true })).toBe(SILENCE)
  })

  test('makes no sound where none is wanted', () => {
    expect(callFor(message(), { ...away, sound: false })).toEqual({ notification: true, sound: 'none', stays: false })
  })
})

describe('a DING', () => {
  test('rings through quiet hours, without the sound of messages, and before my eyes', () => {
    for (const attentive of [true, false]) {
      const call = callFor(ding, { attentive, quiet: true, sound: false })
      expect(call).toEqual({ notification: !attentive, sound: 'ding', stays: true })
    }
  })

  test('is silent once confirmed, and to its sender', () => {
    expect(callFor({ ...ding, confirmed: true }, away)).toBe(SILENCE)
    expect(callFor({ ...ding, mine: true }, away)).toBe(SILENCE)
  })
})

test('of the directives only a critical one goes through the quiet hours', () => {
  const quiet = { ...away, quiet: true }
  expect(callFor({ kind: 'directive', urgency: 'urgent' }, quiet)).toBe(SILENCE)
  expect(callFor({ kind: 'directive', urgency: 'critical' }, quiet).stays).toBe(true)
  expect(callFor({ kind: 'directive', urgency: 'normal' }, away).notification).toBe(true)
})

describe('quiet hours', () => {
  const at = (china: string) => Date.parse(`2019-08-09T${china}:00+08:00`)
  const night = { enabled: true, from: '22:00', to: '07:00' }

  test.each([
    ['21:59', false],
    ['22:00', true],
    ['00:00', true],
    ['06:59', true],
    ['07:00', false],
  ])('over midnight: at %s %s', (time, quiet) => expect(isQuiet(night, at(time))).toBe(quiet))

  test('within a day, the whole day, and switched off', () => {
    const noon = { enabled: true, from: '12:00', to: '14:00' }
    expect([isQuiet(noon, at('13:00')), isQuiet(noon, at('14:00'))]).toEqual([true, false])
    expect(isQuiet({ ...noon, to: '12:00' }, at('03:00'))).toBe(true)
    expect(isQuiet({ ...night, enabled: false }, at('23:00'))).toBe(false)
  })
})

test('the title says first what waits', () => {
  expect([titleOf('浙政协同', 3), titleOf('浙政协同', 0)]).toEqual(['(3) 浙政协同', '浙政协同'])
})
