import { beforeEach, expect, test, vi } from 'vitest'
import { connect, ZzdError } from '../../../../../sdk/js/zzd.js'

/** The apps' side of the bridge, with a window above that is played here. */
const CLIENT = 'https://zzd.example.cn'
const OTHER = 'https://other.example.cn'
let page: EventTarget & { parent: { postMessage: ReturnType<typeof vi.fn> } }

beforeEach(() => {
  page = Object.assign(new EventTarget(), { parent: { postMessage: vi.fn() } })
})

const asked = () => page.parent.postMessage.mock.lastCall?.[0] as { id: string; call: string }
function say(data: unknown, origin = CLIENT, source: unknown = page.parent) {
  page.dispatchEvent(Object.assign(new Event('message'), { data, origin, source }))
}

async function connected() {
  const connecting = connect({ origins: [CLIENT, OTHER], page } as never)
  say({ zzd: 1, id: asked().id, result: { version: 1, calls: [] } })
  return connecting
}

test('asks all origins it was given until one answers, and that one alone from then on', async () => {
  const zzd = await connected()
  expect(page.parent.postMessage.mock.calls.map(([, origin]) => origin)).toEqual([CLIENT, OTHER])
  expect(zzd.origin).toBe(CLIENT)
  page.parent.postMessage.mockClear()
  void zzd.setTitle({ title: 'x' })
  expect(page.parent.postMessage.mock.calls.map(([, origin]) => origin)).toEqual([CLIENT])
})

test('believes no other window and no other origin', async () => {
  const zzd = await connected()
  const context = zzd.getContext()
  const { id } = asked()
  say({ zzd: 1, id, result: 'forged' }, 'https://evil.example.cn')
  say({ zzd: 1, id, result: 'forged' }, CLIENT, {})
  say({ zzd: 1, id, result: { language: 'zh' } })
  expect(await context).toEqual({ language: 'zh' })
})

test('a refusal has the code of the client', async () => {
  const zzd = await connected()
  const asking = zzd.ding({ official_ids: ['1'], text: 'x' })
  say({ zzd: 1, id: asked().id, error: { code: 'declined', message: '' } })
  await expect(asking).rejects.toMatchObject({ code: 'declined' })
})

test('gives up on a program that does not answer, but not on a person', async () => {
  vi.useFakeTimers()
  const zzd = await connected()
  const [title, people] = [zzd.setTitle({ title: 'x' }), zzd.chooseOfficials()]
  const caught = title.catch((error: unknown) => error)
  vi.advanceTimersByTime(60_000)
  expect(await caught).toBeInstanceOf(ZzdError)
  say({ zzd: 1, id: asked().id, result: { items: [] } })
  expect(await people).toEqual({ items: [] })
  vi.useRealTimers()
})

test.each([[[]], [['zzd.example.cn']], [[`${CLIENT}/`]], [['*']]])('takes %j for no exact origins', async (origins) => {
  await expect(connect({ origins, page } as never)).rejects.toThrow(TypeError)
})
