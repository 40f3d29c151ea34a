import { expect, test, vi } from 'vitest'
import { nextTick, shallowRef } from 'vue'
import { useOptionKeys } from './optionKeys'

function options(...names: string[]) {
  const shown = shallowRef(names)
  const pick = vi.fn<(option: string) => void>()
  const dismiss = vi.fn<() => void>()
  const { active, onKey } = useOptionKeys(shown, pick, dismiss)
  return { shown, active, pick, dismiss, press: (key: string) => onKey({ key, preventDefault: () => undefined } as KeyboardEvent) }
}

test('the arrows go round the options, and Enter and Tab pick the one they stand at', () => {
  const { active, pick, press } = options('a', 'b', 'c')
  press('ArrowUp')
  expect(active.value).toBe(2)
  press('ArrowDown')
  press('ArrowDown')
  expect(active.value).toBe(1)
  expect([press('Enter'), press('Tab')]).toEqual([true, true])
  expect(pick.mock.calls).toEqual([['b'], ['b']])
})

test('what is shown anew begins at its first option', async () => {
  const { shown, active, pick, press } = options('a', 'b')
  press('ArrowDown')
  shown.value = ['c', 'd']
  await nextTick()
  expect(active.value).toBe(0)
  press('ArrowDown')
  shown.value = ['e']
  press('Enter')
  expect(pick).toHaveBeenCalledWith('e')
})

test('keys that mean nothing to the options are left to the field', () => {
  const some = options('a')
  const none = options()
  expect([some.press('x'), none.press('Enter'), none.press('ArrowDown')]).toEqual([false, false, false])
  expect(none.pick).not.toHaveBeenCalled()
  expect(none.press('Escape')).toBe(true)
  expect(none.dismiss).toHaveBeenCalledOnce()
})
