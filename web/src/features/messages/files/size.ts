const STEP = 1024
const UNITS = ['B', 'KB', 'MB', 'GB']

/** "3.4 MB": two digits that matter are enough to decide whether to open it on a phone. */
export function sizeText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= STEP
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** The box that a picture gets before it is there, so that nothing moves when it comes. */
export function fitted(
  width: number | null,
  height: number | null,
  most: number,
): { width: number; height: number } {
  if (!width || !height) return { width: most, height: Math.round(most * 0.75) }
  const scale = Math.min(1, most / Math.max(width, height))
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) }
}

export function durationText(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}
