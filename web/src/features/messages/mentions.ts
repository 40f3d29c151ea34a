import type { Mentions, Person } from '@/api/types'

export interface MentionQuery {
  /** Where the "@" stands. */
  start: number
  text: string
}

export interface Segment {
  text: string
  kind: 'text' | 'mention' | 'me' | 'link'
}

const LONGEST_NAME = 20
/** Up to a blank or a full-width stop, comma, semicolon or bracket. */
const LINK = /https?:\/\/[^\s<>"\uff0c\u3002\uff1b\u3001\uff08\uff09]+/gu

/** What is being typed after an "@" right before the caret; an "@" inside a word, as in an address, asks for nobody. */
export function mentionQuery(text: string, caret: number): MentionQuery | null {
  const before = text.slice(0, caret)
  const start = before.lastIndexOf('@')
  if (start < 0 || /[\w.]/.test(before[start - 1] ?? '')) return null
  const typed = before.slice(start + 1)
  if (typed.length > LONGEST_NAME || /[\s@]/.test(typed)) return null
  return { start, text: typed }
}

export function insertMention(
  text: string,
  query: MentionQuery,
  name: string,
): { text: string; caret: number } {
  const word = `@${name} `
  const rest = text.slice(query.start + 1 + query.text.length)
  return { text: text.slice(0, query.start) + word + rest, caret: query.start + word.length }
}

/** Those who were picked and whose name still stands in the text. */
export function stillMentioned(text: string, picked: Person[]): Person[] {
  const unique = new Map(picked.map((person) => [person.id, person]))
  return [...unique.values()].filter(({ name }) => text.includes(`@${name}`))
}

/** The text in pieces: who is mentioned stands out, and oneself most of all; addresses can be followed. */
export function segmentsOf(
  text: string,
  mentions: Mentions | null | undefined,
  officialId: string | null,
  everybody: string[],
): Segment[] {
  const words = new Map<string, Segment['kind']>()
  for (const { id, name } of mentions?.people ?? []) {
    words.set(`@${name}`, id === officialId ? 'me' : (words.get(`@${name}`) ?? 'mention'))
  }
  if (mentions?.all) for (const word of everybody) words.set(`@${word}`, 'me')
  if (mentions?.audience) words.set(`@${mentions.audience.text}`, 'mention')
  const longestFirst = [...words.keys()].sort((a, b) => b.length - a.length).map(escaped)
  const pattern = new RegExp([...longestFirst, LINK.source].join('|'), 'gu')
  const segments: Segment[] = []
  let end = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index > end) segments.push({ text: text.slice(end, match.index), kind: 'text' })
    segments.push({ text: match[0], kind: words.get(match[0]) ?? 'link' })
    end = match.index + match[0].length
  }
  if (end < text.length) segments.push({ text: text.slice(end), kind: 'text' })
  return segments
}

function escaped(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')
}
