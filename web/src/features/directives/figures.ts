import type { FigureSpec } from '@/api/types'

export type FigureError = 'required' | 'integer' | 'minimum'

export interface ParsedFigures {
  values: Record<string, number>
  errors: Record<string, FigureError>
}

/** What was typed, by the rules of the directive: whole numbers, not under the minimum, the required ones present. */
export function parseFigures(specs: FigureSpec[], typed: Record<string, string>): ParsedFigures {
  const parsed: ParsedFigures = { values: {}, errors: {} }
  for (const spec of specs) {
    const text = (typed[spec.key] ?? '').trim()
    if (text === '') {
      if (spec.required) parsed.errors[spec.key] = 'required'
    } else if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
      parsed.errors[spec.key] = 'integer'
    } else if (Number(text) < spec.minimum) {
      parsed.errors[spec.key] = 'minimum'
    } else {
      parsed.values[spec.key] = Number(text)
    }
  }
  return parsed
}

export function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined
}

/** Nobody reported is not zero: a missing figure is shown as a dash. */
export function figureText(value: number | null | undefined, locale: string): string {
  return isKnown(value) ? value.toLocaleString(locale) : '—'
}

/** What a figure holds beyond its parts by risk; a part that nobody reported takes nothing away. */
export function restOfRisks(whole: number, parts: (number | null)[]): number {
  return Math.max(0, whole - parts.reduce<number>((sum, part) => sum + (part ?? 0), 0))
}

/** Whole percent that reaches 100 only when all have, and 0 only when none has. */
export function percent(part: number, whole: number): number {
  if (whole <= 0 || part <= 0) return 0
  if (part >= whole) return 100
  return Math.min(99, Math.max(1, Math.round((part / whole) * 100)))
}

/** A key for a figure that the issuer named in any language; unique within the directive. */
export function figureKey(position: number, taken: string[]): string {
  let number = position
  while (taken.includes(`figure_${number}`)) number += 1
  return `figure_${number}`
}

export const ROMAN = ['', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ'] as const
