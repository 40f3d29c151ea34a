/** Tones made on the spot: [hertz, start in seconds, seconds]. A DING climbs three times; a message is one soft knock. */
const TONES: Record<'message' | 'ding', [number, number, number][]> = {
  message: [
    [784, 0, 0.12],
    [1047, 0.1, 0.2],
  ],
  ding: [0, 0.7, 1.4].flatMap((at): [number, number, number][] => [
    [880, at, 0.2],
    [1175, at + 0.16, 0.2],
    [1568, at + 0.32, 0.3],
  ]),
}
const LOUDNESS = { message: 0.12, ding: 0.35 }
/** Several at once sound as one. */
const APART_MS = 1_500
let context: AudioContext | null = null
const last = { message: 0, ding: 0 }

/** Browsers let a page sound only after somebody has touched it; until then it stays silent. */
export async function play(sound: 'message' | 'ding'): Promise<void> {
  if (typeof AudioContext === 'undefined') return
  if (Date.now() - last[sound] < APART_MS) return
  last[sound] = Date.now()
  context ??= new AudioContext()
  if (context.state !== 'running') await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))])
  if (context.state !== 'running') return
  for (const [hertz, at, seconds] of TONES[sound]) {
    const [tone, loudness] = [context.createOscillator(), context.createGain()]
    const start = context.currentTime + at
    tone.frequency.value = hertz
    loudness.gain.setValueAtTime(LOUDNESS[sound], start)
    loudness.gain.exponentialRampToValueAtTime(0.001, start + seconds)
    tone.connect(loudness).connect(context.destination)
    tone.start(start)
    tone.stop(start + seconds)
  }
}
