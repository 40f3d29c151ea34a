import { readonly, ref } from 'vue'

/** Deadlines are judged by the server's clock, so what the screen counts down must follow it too. */
let skew = 0
const tick = ref(Date.now())
const TOLERATED_MS = 2_000

export function noteServerDate(header: string | null): void {
  const server = header ? Date.parse(header) : Number.NaN
  if (Number.isNaN(server)) return
  const difference = server - Date.now()
  skew = Math.abs(difference) > TOLERATED_MS ? difference : 0
}

export function serverNow(): number {
  return Date.now() + skew
}

setInterval(() => {
  tick.value = serverNow()
}, 1_000)

/** Server time, moving once a second. */
export function useNow() {
  return readonly(tick)
}
