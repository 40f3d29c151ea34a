export const DIGITS = 6

/** The digits of what was typed or pasted, full-width ones too, and no more of them than a code has. */
export function digitsOf(typed: string): string {
  return typed.normalize('NFKC').replace(/[^0-9]/g, '').slice(0, DIGITS)
}

/** A secret as people type it: in groups of four. */
export function inGroups(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? ''
}
