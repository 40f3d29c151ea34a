import { afterEach, describe, expect, test, vi } from 'vitest'
import { ApiProblem, problemFrom } from '@/api/problem'
import { SeenEvents } from '@/realtime/events'
import { colourOf, initialsOf } from './avatar'
import { coalesce } from './coalesce'
import { debounce } from './debounce'
import { listTime, spanUntil } from './time'

afterEach(() => void vi.useRealTimers())

describe('coalesce', () => {
  test('runs once more, and only once more, for calls made during a run', async () => {
    const releases: (() => void)[] = []
    const run = vi.fn(() => new Promise<void>((resolve) => releases.push(resolve)))
    const call = coalesce(run)
    const calls = [call(), call(), call()]
    expect(run).toHaveBeenCalledTimes(1)
    releases[0]?.()
    await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(2))
    releases[1]?.()
    await Promise.all(calls)
    expect(run).toHaveBeenCalledTimes(2)
  })

  test('runs again after a failure', async () => {
    let failing = true
    const call = coalesce(async () => {
      if (failing) throw new Error('no')
    })
    await expect(call()).rejects.toThrow('no')
    failing = false
    await expect(call()).resolves.toBeUndefined()
  })
})

describe('debounce', () => {
  test('gathers a burst, and does not wait for ever while it goes on', () => {
    vi.useFakeTimers()
    const run = vi.fn()
    const call = debounce(run, 250, 1_000)
    for (let elapsed = 0; elapsed < 1_800; elapsed += 100) {
      call()
      vi.advanceTimersByTime(100)
    }
    expect(run).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1_000)
    expect(run).toHaveBeenCalledTimes(2)
  })

  test('does not run once it is cancelled', () => {
    vi.useFakeTimers()
    const run = vi.fn()
    const call = debounce(run, 100)
    call()
    call.cancel()
    vi.advanceTimersByTime(1_000)
    expect(run).not.toHaveBeenCalled()
  })
})

describe('pushed events', () => {
  test('act once, and are forgotten oldest first', () => {
    const seen = new SeenEvents(2)
    expect(['a', 'a', 'b', 'c', 'c', 'a'].map((id) => seen.isRepeat(id))).toEqual([
      false,
      true,
      false,
      false,
      true,
      false,
    ])
  })
})

describe('problems', () => {
  test('a gateway without a server behind it is the same as no answer', () => {
    expect(problemFrom(502, null).code).toBe('unreachable')
    expect(problemFrom(502, null).isTransient).toBe(true)
  })

  test('a server that says why is quoted', () => {
    const problem = problemFrom(503, { code: 'not_ready', detail: 'migrating' })
    expect([problem.code, problem.detail, problem.isTransient]).toEqual(['not_ready', 'migrating', true])
  })

  test.each([400, 403, 404, 409, 422])('%i is a refusal, not to be repeated', (status) => {
    expect(new ApiProblem(status, 'x', '').isTransient).toBe(false)
  })
})

describe('names', () => {
  test('two characters of the given name, or initials', () => {
    expect(['王建国', '王芳', '欧阳建国', 'Ada Lovelace'].map(initialsOf)).toEqual([
      '建国',
      '王芳',
      '建国',
      'AL',
    ])
  })

  test('keep their colour', () => expect(colourOf('王建国')).toBe(colourOf('王建国')))
})

describe('times', () => {
  test('a span is split and knows its direction', () => {
    const now = Date.parse('2019-08-09T12:00:00Z')
    expect(spanUntil('2019-08-10T14:03:05Z', now)).toEqual({
      past: false,
      days: 1,
      hours: 2,
      minutes: 3,
      seconds: 5,
    })
    expect(spanUntil('2019-08-09T11:59:00Z', now)).toMatchObject({ past: true, minutes: 1 })
  })

  test('are as short as they stay clear', () => {
    const now = new Date(2019, 7, 9, 20, 0).getTime()
    const at = (...parts: [number, number, number, number]) => new Date(...parts, 30).toISOString()
    expect(listTime(at(2019, 7, 9, 8), now, 'zh-CN', '昨天')).toBe('08:30')
    expect(listTime(at(2019, 7, 8, 23), now, 'zh-CN', '昨天')).toBe('昨天')
    expect(listTime(at(2019, 5, 1, 8), now, 'zh-CN', '昨天')).toBe('6/1')
    expect(listTime(at(2018, 5, 1, 8), now, 'zh-CN', '昨天')).toBe('2018/6/1')
  })
})
