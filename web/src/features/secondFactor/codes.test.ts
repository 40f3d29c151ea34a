import { expect, test } from 'vitest'
import { digitsOf, inGroups } from './codes'

test('a code is read however it was typed or pasted', () => {
  expect(digitsOf('123 456')).toBe('123456')
  expect(digitsOf('１２３４５６')).toBe('123456')
  expect(digitsOf('12a3-4567890')).toBe('123456')
  expect(digitsOf('')).toBe('')
})

test('a secret is shown in groups of four', () => {
  expect(inGroups('ABCDEFGHIJ')).toBe('ABCD EFGH IJ')
  expect(inGroups('')).toBe('')
})
