import { expect, test } from 'vitest'
import { isScreen, isShellFile } from './shell'

test.each([
  ['/', true],
  ['/messages/42', true],
  ['/api/v1/files/7/content', false],
  ['/api', false],
  ['/api-docs/', false],
  ['/oauth/authorize', false],
  ['/socket.io/', false],
  ['/apiary', true],
  ['/sw.js', false],
])('the kept shell opens %s: %s', (path, screen) => expect(isScreen(path)).toBe(screen))

test('only the files of a build come from the kept shell, never what the API answers', () => {
  const files = new Set(['/favicon.svg', '/assets/a-1.js'])
  expect(['/favicon.svg', '/assets/a-1.js', '/assets/old-0.js'].every((path) => isShellFile(path, files))).toBe(true)
  expect(['/api/v1/me', '/api/v1/assets/x', '/manifest.json', '/sw.js'].some((path) => isShellFile(path, files))).toBe(false)
})
