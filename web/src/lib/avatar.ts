const COLOURS = ['#2f6fd0', '#1c8a86', '#7a5bc4', '#b9642b', '#3b7f4f', '#a8487c', '#4a6285', '#3f6e8c']

/** The same person has the same colour on every screen, without storing it. */
export function colourOf(name: string): string {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0
  return COLOURS[hash % COLOURS.length] ?? '#2f6fd0'
}

const HAN = /\p{Script=Han}/u

/** Two characters of the given name for a Chinese name (王建国 → 建国), initials for others. */
export function initialsOf(name: string): string {
  const trimmed = name.trim()
  if (HAN.test(trimmed)) return trimmed.length > 2 ? trimmed.slice(-2) : trimmed
  return trimmed
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('')
}
