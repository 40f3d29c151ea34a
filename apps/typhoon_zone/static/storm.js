// What is known of the storm at a time. The server tells every hour; between two it is straight.

const time = (text) => Date.parse(text)

/** The server's document with its times as numbers, made once. */
export function readStorm(storm) {
  if (!storm) return null
  const steps = storm.steps.map((step) => ({ ...step, ms: time(step.at) }))
  return { ...storm, steps, first: steps[0].ms, last: steps.at(-1).ms, fixes: storm.fixes.map((fix) => ({ ...fix, ms: time(fix.at) })) }
}

export function stormAt(storm, at) {
  const { steps } = storm
  const moment = Math.min(storm.last, Math.max(storm.first, at))
  let low = 0
  let high = steps.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (steps[middle].ms <= moment) low = middle
    else high = middle - 1
  }
  const a = steps[low]
  const b = steps[Math.min(low + 1, steps.length - 1)]
  const share = b.ms > a.ms ? (moment - a.ms) / (b.ms - a.ms) : 0
  const blend = (one, other) => (one === null || other === null ? one : one + (other - one) * share)
  const here = { lat: blend(a.lat, b.lat), lon: blend(a.lon, b.lon) }
  return {
    ...a,
    ...here,
    ms: moment,
    wind_ms: blend(a.wind_ms, b.wind_ms),
    pressure_hpa: blend(a.pressure_hpa, b.pressure_hpa),
    // The forecast of the last full hour goes on from where the storm is by now.
    forecast: a.forecast.length ? [{ ...here, at: new Date(moment).toISOString(), spread_km: 0 }, ...a.forecast.slice(1).filter((fix) => time(fix.at) > moment)] : [],
    to: { ...a.to, km: Math.round(blend(a.to.km, b.to.km)) },
  }
}

/** Classes by GB/T 19201, the wind in m/s. */
export function classOf(wind) {
  if (wind === null || wind === undefined) return 'unknown'
  if (wind >= 51) return 'super'
  if (wind >= 41.5) return 'sty'
  if (wind >= 32.7) return 'ty'
  if (wind >= 24.5) return 'sts'
  return wind >= 17.2 ? 'ts' : 'td'
}

const RADIUS = 6371
const rad = (degrees) => (degrees * Math.PI) / 180
const deg = (radians) => (radians * 180) / Math.PI

export function distance(a, b) {
  const half =
    Math.sin(rad(b.lat - a.lat) / 2) ** 2 +
    Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.sin(rad(b.lon - a.lon) / 2) ** 2
  return 2 * RADIUS * Math.asin(Math.sqrt(half))
}

/** The point so many kilometres away in a direction. */
export function away({ lat, lon }, km, bearing) {
  const far = km / RADIUS
  const to = Math.asin(Math.sin(rad(lat)) * Math.cos(far) + Math.cos(rad(lat)) * Math.sin(far) * Math.cos(rad(bearing)))
  const over = Math.atan2(
    Math.sin(rad(bearing)) * Math.sin(far) * Math.cos(rad(lat)),
    Math.cos(far) - Math.sin(rad(lat)) * Math.sin(to),
  )
  return [deg(to), lon + deg(over)]
}

/** Four quadrants, each with its own radius, as one outline. */
export function circle(center, quadrants) {
  const outline = []
  quadrants.forEach((km, quadrant) => {
    for (let bearing = quadrant * 90; bearing <= quadrant * 90 + 90; bearing += 6) outline.push(away(center, km, bearing))
  })
  return outline
}

/** The outline around circles that grow along a way: the forecast cone. */
export function cone(circles) {
  const parts = []
  for (let index = 1; index < circles.length; index += 1) {
    const points = [circles[index - 1], circles[index]].flatMap((one) =>
      Array.from({ length: 36 }, (_, step) => away(one, Math.max(one.spread_km, 1), step * 10)),
    )
    parts.push(hull(points))
  }
  return parts
}

function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])
  const half = (list) => {
    const kept = []
    for (const point of list) {
      while (kept.length >= 2 && turn(kept.at(-2), kept.at(-1), point) <= 0) kept.pop()
      kept.push(point)
    }
    return kept.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.reverse())]
}
