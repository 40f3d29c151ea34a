import { expect, test } from 'vitest'
import { curlExample } from './curl'

const lineOf = (script: string, name: string) =>
  script.split('\n').find((line) => line.startsWith(`${name}='`)) ?? ''

test('no text ends the quotes of the shell, and the body stays what it says', () => {
  const text = `水位 "3.2" 米，it's $HOME \`id\``
  const script = curlExample('https://zzd.example/api/v1/hooks/x', 'whsec_AAAA', text)
  const body = lineOf(script, 'BODY').slice("BODY='".length, -1)
  expect(body).not.toContain("'")
  expect(JSON.parse(body)).toEqual({ text })
  expect(lineOf(script, 'URL')).toBe("URL='https://zzd.example/api/v1/hooks/x'")
  expect(lineOf(script, 'SECRET')).toBe("SECRET='whsec_AAAA'")
})
