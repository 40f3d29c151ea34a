import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import { files } from '@/api'
import type { StoredFile } from '@/api/files'
import { ApiProblem } from '@/api/problem'
import { remembered } from './claims'
import { MOST_KEPT_BYTES, type Claims, type KeptUpload, type UploadDisk } from './kept'
import { startTransfer } from './transfer'
import { useUploads } from './uploads'

const records = new Map<string, KeptUpload>()
const contents = new Map<string, File>()
const held = new Set<string>()
const inLine = new Map<string, () => Promise<void>>()
const disk: UploadDisk = {
  load: async () => [...records.values()],
  find: async (key) => records.get(key) ?? null,
  contentOf: async (key) => contents.get(key) ?? null,
  save: async (upload) => void records.set(upload.key, upload),
  saveContent: async (key, content) => void contents.set(key, content),
  removeContent: async (key) => void contents.delete(key),
  remove: async (keys) => keys.forEach((key) => [records.delete(key), contents.delete(key)]),
}
const claims: Claims = {
  hold: (key) => held.add(key),
  takeOver: (key, begin) => void (held.has(key) ? inLine.set(key, begin) : begin()),
  release: (keys) => keys.forEach((key) => held.delete(key)),
}
vi.mock('./uploadDisk', () => ({ browserDisk: () => disk }))
vi.mock('./claims', async (original) => ({ ...(await original<object>()), tabClaims: () => claims }))
vi.mock('./transfer', () => ({ startTransfer: vi.fn(() => ({ pause: vi.fn(), resume: vi.fn() })) }))

const started = vi.mocked(startTransfer)
const picture = new File(['12345'], '险情.txt', { lastModified: 7 })
const settle = () => new Promise((resolve) => setTimeout(resolve, 0))
const shown = () => useUploads().in('c').map(({ name, state }) => `${name} ${state}`)

/** A page of the official, with nothing of an earlier one in its memory. */
async function load(owner = 'me') {
  await settle()
  held.clear()
  setActivePinia(createPinia())
  started.mockClear()
  useUploads().open(owner)
  await settle()
  return useUploads()
}

beforeEach(async () => {
  for (const each of [records, contents, inLine]) each.clear()
  await load()
})

/** The upload as far as the server has said where it goes. */
function begin(content = picture): string {
  const key = useUploads().add('c', content)
  started.mock.lastCall?.[2].placed('/api/v1/files/uploads/9')
  return key
}

test('an upload goes on after a reload by itself, with its content, where the server has it', async () => {
  const key = begin()
  await load()
  expect(shown()).toEqual(['险情.txt uploading'])
  const [content, id, , before, goes] = started.mock.lastCall ?? []
  expect([content, id, before?.url, goes]).toEqual([picture, key, '/api/v1/files/uploads/9', true])
})

test('one that was paused waits for its owner', async () => {
  useUploads().pause(begin())
  await load()
  expect(shown()).toEqual(['险情.txt paused'])
  expect(started.mock.lastCall?.[4]).toBe(false)
})

test('one that has arrived is there at once, and needs no content any more', async () => {
  const file = vi.spyOn(files, 'file').mockResolvedValue({ id: 'f', name: '险情.txt' } as StoredFile)
  begin()
  started.mock.lastCall?.[2].arrived('f')
  await load()
  expect(shown()).toEqual(['险情.txt ready'])
  expect([started.mock.calls.length, contents.size]).toEqual([0, 0])

  file.mockRejectedValue(new ApiProblem(404, 'not_found', ''))
  await load()
  expect([shown(), records.size]).toEqual([[], 0])
})

test('a large file is asked for again, and only the same one is taken', async () => {
  const large = new File([], '视频.mp4', { lastModified: 7 })
  Object.defineProperty(large, 'size', { value: MOST_KEPT_BYTES + 1 })
  const key = begin(large)
  const uploads = await load()
  expect(shown()).toEqual(['视频.mp4 missing'])
  expect(uploads.supply(key, picture)).toBe(false)
  expect(uploads.supply(key, large)).toBe(true)
  expect(shown()).toEqual(['视频.mp4 uploading'])
  expect(started.mock.lastCall?.[3]?.url).toBe('/api/v1/files/uploads/9')
})

test('what was sent, given up, signed out of or is somebody else’s does not come back', async () => {
  vi.spyOn(files, 'discard').mockResolvedValue(null)
  useUploads().forget([begin()])
  useUploads().cancel(begin())
  await load()
  expect(shown()).toEqual([])
  begin()
  useUploads().clear()
  await load()
  expect([shown(), records.size, contents.size]).toEqual([[], 0, 0])
  begin()
  await load('another')
  expect([shown(), records.size, contents.size]).toEqual([[], 0, 0])
})

test('another tab goes on only once the one that has it is closed, and not with what it sent', async () => {
  const [closed, sent] = [begin(), begin()]
  await settle()
  setActivePinia(createPinia())
  useUploads().open('me')
  await settle()
  expect(shown()).toEqual([])
  await disk.remove([sent])
  await inLine.get(closed)?.()
  await inLine.get(sent)?.()
  expect(shown()).toEqual(['险情.txt uploading'])
})

test('without locks only the tab that began goes on', () => {
  const kept = new Map<string, string>()
  const storage = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) }
  remembered(storage as Storage).hold('k')
  const begun = vi.fn(async () => undefined)
  remembered({ ...storage, getItem: () => null } as unknown as Storage).takeOver('k', begun)
  expect(begun).not.toHaveBeenCalled()
  remembered(storage as Storage).takeOver('k', begun)
  expect(begun).toHaveBeenCalledOnce()
})
