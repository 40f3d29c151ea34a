import { expect, test } from 'vitest'
import type { Command, CommandCall } from '@/api/commands'
import { commandIn, matching, typedName, withCall } from './typed'

const app = (id: string) => ({ id, app_id: `cn.${id}`, name: { zh: `安置点${id}`, en: `App ${id}` }, icon: null })
const command = (name: string, of = 'a'): Command => ({
  app: app(of),
  name,
  title: { zh: '登记', en: 'Register' },
  description: null,
})

test('a command is asked for by a stroke at the very beginning, and by one word', () => {
  expect(typedName('/')).toBe('')
  expect(typedName('/Ad')).toBe('ad')
  for (const other of ['', 'a/b', ' /add', '/add ', '/add x', '//', '/登记']) expect(typedName(other)).toBeNull()
})

test('names come before words', () => {
  const [list, add] = [command('list'), command('add')]
  expect(matching([list, add], 'a')).toEqual([add, list])
  expect(matching([list, add], 'regis')).toEqual([list, add])
  expect(matching([list, add], 'zz')).toEqual([])
})

test('a text is a command only if there is one of that name; the app that was picked is asked', () => {
  const [one, two] = [command('add', 'a'), command('add', 'b')]
  expect(commandIn('/add 石塘 186\n人', [one, two], two)).toEqual({ command: two, text: '石塘 186\n人' })
  expect(commandIn('/add', [one, two], null)).toEqual({ command: one, text: '' })
  expect(commandIn('/etc/hosts', [one], null)).toBeNull()
  expect(commandIn('/remove 1', [one], null)).toBeNull()
})

test('what is settled stays so, and what everybody sees has no line of its own', () => {
  const waiting = { id: '1', state: 'waiting', seq: null } as CommandCall
  const failed = { ...waiting, state: 'failed' } as CommandCall
  expect(withCall(withCall([], waiting), failed)).toEqual([failed])
  expect(withCall([failed], waiting)).toEqual([failed])
  expect(withCall([waiting], { ...waiting, state: 'answered', seq: 7 })).toEqual([])
})
