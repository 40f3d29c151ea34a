import type { Ranges } from '@/api/search'

export interface Piece {
  text: string
  hit: boolean
}

/** Cuts a text at the ranges, which count code points: characters beyond the BMP (some names, all emoji) are one. */
export function piecesOf(text: string, ranges: Ranges): Piece[] {
  const characters = Array.from(text)
  const pieces: Piece[] = []
  let done = 0
  const take = (end: number, hit: boolean) => {
    if (end > done) pieces.push({ text: characters.slice(done, end).join(''), hit })
    done = Math.max(done, end)
  }
  for (const [start, end] of ranges) {
    take(Math.min(start, characters.length), false)
    take(Math.min(end, characters.length), true)
  }
  take(characters.length, false)
  return pieces
}
