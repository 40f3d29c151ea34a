import { expect, test } from 'vitest'
import en from './en'
import zh from './zh'

const sources = import.meta.glob('../**/*.{vue,ts}', { query: '?raw', import: 'default', eager: true })

function keysOf(tree: object, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [`${prefix}${key}`] : keysOf(value as object, `${prefix}${key}.`),
  )
}

function textOf(tree: object, path: string): string {
  return path.split('.').reduce<never>((node, key) => node[key], tree as never)
}

const known = new Set(keysOf(zh))

test('both languages have the same keys', () => {
  expect(keysOf(en).sort()).toEqual([...known].sort())
})

test('both languages fill in the same values', () => {
  const slots = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
  const differing = [...known].filter(
    (key) => slots(textOf(zh, key)).join() !== slots(textOf(en, key)).join(),
  )
  expect(differing).toEqual([])
})

const sections = new Set([...known].map((key) => key.split('.')[0]))
/** Keys of which a part is known only when they are shown, as `levels.${level}`, each with its file. */
const patterns = Object.entries(sources).flatMap(([file, source]) =>
  [...(source as string).matchAll(/`(\w+)(\.(?:[\w.]|\$\{[^`]*?\})*\$\{[^`]*?\}[\w.]*)`/g)]
    .filter(([, section]) => sections.has(section))
    .map(([, section, rest]) => ({ file, said: `${section}${rest}` })),
)
const asPattern = (said: string) => new RegExp(`^${said.replaceAll('.', '\\.').replace(/\$\{.*?\}/g, '[\\w.]+')}$`)

test('every key that a screen names exists', () => {
  const missing = Object.entries(sources).flatMap(([file, source]) =>
    [...(source as string).matchAll(/\bt\(\s*'([\w.]+)'/g)]
      .map(([, key]) => key as string)
      .filter((key) => !known.has(key))
      .map((key) => `${file}: ${key}`),
  )
  expect(missing).toEqual([])
  expect(patterns.length).toBeGreaterThan(50)
  expect(patterns.filter(({ said }) => ![...known].some((key) => asPattern(said).test(key)))).toEqual([])
})

test('every key is named by a screen', () => {
  const named = new Set(Object.values(sources).flatMap((source) => [...(source as string).matchAll(/['"`]([a-z]\w*(?:\.\w+)+)['"`]/gi)].map(([, key]) => key)))
  const some = patterns.map(({ said }) => asPattern(said))
  expect([...known].filter((key) => !named.has(key) && !some.some((pattern) => pattern.test(key)))).toEqual([])
})

test('screens carry no Chinese of their own', () => {
  // Names of figures are data of the directive, a language is offered in its own script, and samples are for tests.
  const allowed = /^\.\/|\.test\.ts$|messages\/sample\.ts$|FiguresEditor\.vue$|LanguageSwitch\.vue$/
  const offending = Object.entries(sources)
    .filter(([file]) => !allowed.test(file))
    .flatMap(([file, source]) =>
      (source as string)
        .split('\n')
        .filter((line) => /[\p{Script=Han}：（）；、，。]/u.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
  expect(offending).toEqual([])
})

test('no text holds an @ that vue-i18n would take for a reference', () => {
  const bare = [zh, en].flatMap((tree) =>
    keysOf(tree).filter((key) => /@/.test(textOf(tree, key).replaceAll("{'@'}", ''))),
  )
  expect(bare).toEqual([])
})
