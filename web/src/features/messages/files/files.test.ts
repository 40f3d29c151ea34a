import { describe, expect, test } from 'vitest'
import type { StoredFile } from '@/api/files'
import { ApiProblem } from '@/api/problem'
import { peaksOf } from './recorder'
import { durationText, fitted, sizeText } from './size'
import { changed, filesContent, percentOf, type Upload } from './tray'

const file = { id: 'f1', name: '险情.jpg', type: 'image' } as StoredFile
const upload: Upload = {
  key: 'k',
  conversationId: 'c',
  name: '险情.jpg',
  size: 1_000,
  preview: null,
  sent: 0,
  state: 'uploading',
  problem: null,
  file: null,
  voice: null,
}

describe('an upload', () => {
  test('only moves forward, and is whole when the server says so, not before', () => {
    const half = changed(upload, { type: 'progress', sent: 500 })
    expect(changed(half, { type: 'progress', sent: 300 }).sent).toBe(500)
    expect(percentOf(changed(half, { type: 'progress', sent: 2_000 }))).toBe(99)
    expect(percentOf(changed(half, { type: 'ready', file }))).toBe(100)
  })

  test('that is paused does not run on a late word of the network', () => {
    const paused = changed(upload, { type: 'paused' })
    expect(changed(paused, { type: 'progress', sent: 900 })).toBe(paused)
    expect(changed(paused, { type: 'resumed' }).state).toBe('uploading')
  })

  test('that failed says why until it is tried again', () => {
    const failed = changed(upload, { type: 'failed', problem: new ApiProblem(422, 'type_refused', '') })
    expect([failed.state, failed.problem?.code]).toEqual(['failed', 'type_refused'])
    expect(changed(failed, { type: 'resumed' }).problem).toBeNull()
  })

  test('that is ready stays so', () => {
    const ready = changed(upload, { type: 'ready', file })
    expect(changed(ready, { type: 'failed', problem: new ApiProblem(0, 'unreachable', '') })).toBe(ready)
    expect(filesContent([upload, ready])).toEqual({ files: [{ id: 'f1' }] })
    const voice = { seconds: 3, peaks: [1] }
    expect(filesContent([{ ...ready, voice }])).toEqual({ files: [{ id: 'f1', voice }] })
  })
})

test.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_536, '1.5 KB'],
  [104_857_600, '100 MB'],
])('%i bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text))

test('a picture gets its box before it comes, whole and never larger than it is', () => {
  expect(fitted(4_000, 2_000, 280)).toEqual({ width: 280, height: 140 })
  expect(fitted(100, 60, 280)).toEqual({ width: 100, height: 60 })
  expect(fitted(null, null, 280)).toEqual({ width: 280, height: 210 })
})

test('a voice note has minutes', () => expect([0.4, 65.2].map(durationText)).toEqual(['0:00', '1:05']))

test('the picture of a voice note has 48 bars, the loudest full', () => {
  const samples = Float32Array.from({ length: 4_800 }, (_, index) => (index === 2_000 ? -0.5 : 0.1))
  const peaks = peaksOf(samples)
  expect([peaks.length, Math.max(...peaks), peaks[0]]).toEqual([48, 100, 20])
})
