import type { Comment } from '@/api/comments'
import type { Message } from '@/api/types'
import { patched } from '../changes'

/** The newest first. One that is there already is replaced, unless what came is older: a removed comment stays so. */
export function withComment(comments: Comment[], comment: Comment): Comment[] {
  const known = comments.find(({ no }) => no === comment.no)
  if (known?.removed_at && !comment.removed_at) return comments
  const mine = { ...comment, may_remove: comment.may_remove ?? known?.may_remove }
  return [...comments.filter(({ no }) => no !== comment.no), mine].sort((one, other) => other.no - one.no)
}

export function withComments(messages: Message[], seq: number, comments: number): Message[] {
  return patched(messages, seq, (message) => (message.recalled_at || message.removed_at ? {} : { comments }))
}
