import { expect, test } from 'vitest'
import type { Comment } from '@/api/comments'
import { message } from '../sample'
import { withComment, withComments } from './comments'

const sender = { id: '7', bot_id: null, name: '陈海波', post_title: '值班员', unit_name: '石塘镇' }

function comment(no: number, more: Partial<Comment> = {}): Comment {
  const created_at = '2019-08-09T21:30:00+08:00'
  return { no, sender, text: `第${no}条`, created_at, removed_at: null, removed_by: null, ...more }
}

test('comments stand with the newest first, each once, in whatever order they come', () => {
  const come = [comment(2), comment(1), comment(3), comment(2)]
  expect(come.reduce(withComment, []).map(({ no }) => no)).toEqual([3, 2, 1])
})

test('a removed comment stays removed when its creation arrives late, and the right to remove it stays known', () => {
  const gone = comment(1, { text: null, removed_at: '2019-08-09T21:31:00+08:00' })
  const shown = [comment(1, { may_remove: true })]
  const removed = withComment(shown, gone)
  expect(removed).toEqual([{ ...gone, may_remove: true }])
  expect(withComment(removed, comment(1))).toEqual(removed)
})

test('the number under an announcement follows, but not under a recalled one', () => {
  const recalled = message(2, { recalled_at: '2019-08-09T21:31:00+08:00' })
  const [one, two] = [withComments([message(1), recalled], 1, 4), withComments([message(1), recalled], 2, 4)]
  expect(one[0]?.comments).toBe(4)
  expect(two[1]).toEqual(recalled)
})
