import { describe, expect, it } from 'vitest'
import { message } from '../sample'
import { withRecall } from '../sequence'
import { partsOf, withConfirm } from './confirmed'

const AT = '2019-08-09T12:00:00Z'

describe('an announcement that is to be confirmed', () => {
  const asked = [message(1, { confirm: { confirmed_at: null } }), message(2)]

  it('is confirmed on all of my devices, and no other with it', () => {
    const after = withConfirm(asked, 1, { confirmed_at: AT })
    expect(after.map(({ confirm }) => confirm)).toEqual([{ confirmed_at: AT }, undefined])
  })

  it('asks for nothing once it is recalled, whatever arrives late', () => {
    const recalled = withRecall(asked, { seq: 1, recalled_at: AT })
    expect(withConfirm(recalled, 1, { confirmed_at: AT })[0]?.confirm).toBeNull()
  })

  it('shows parts that make the whole, and nothing where nobody is addressed', () => {
    const parts = partsOf({ addressed: 8, confirmed: 4, read: 1, unread: 3 })
    expect(parts.map(({ count, percent }) => [count, percent])).toEqual([[4, 50], [1, 12.5], [3, 37.5]])
    expect(partsOf({ addressed: 0, confirmed: 0, read: 0, unread: 0 }).every(({ percent }) => percent === 0)).toBe(true)
  })
})
