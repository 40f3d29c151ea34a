import { ref } from 'vue'
import type { Voice } from '@/api/files'

const LONGEST_S = 300
const PEAKS = 48
const LOUDEST = 100
const TICK_MS = 200
const FORMATS = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus']

export interface Recording {
  file: File
  voice: Voice
}

/** The loudness of a voice note in 48 steps from 0 to 100, for its picture. */
export function peaksOf(samples: Float32Array): number[] {
  const step = Math.max(1, Math.floor(samples.length / PEAKS))
  const loudness: number[] = []
  for (let start = 0; start < samples.length && loudness.length < PEAKS; start += step) {
    let peak = 0
    for (const sample of samples.subarray(start, start + step)) peak = Math.max(peak, Math.abs(sample))
    loudness.push(peak)
  }
  const most = Math.max(...loudness, 0.01)
  return loudness.map((peak) => Math.round((peak / most) * LOUDEST))
}

/** One voice note at a time from the microphone. `start` rejects when it may not be used. */
export function useRecorder() {
  const recording = ref(false)
  const seconds = ref(0)
  let recorder: MediaRecorder | null = null
  let chunks: Blob[] = []
  let timer: ReturnType<typeof setInterval> | null = null
  let startedAt = 0

  async function start(full: () => void): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format))
    recorder = new MediaRecorder(stream, mimeType ? { mimeType } : undefined)
    chunks = []
    recorder.ondataavailable = ({ data }) => chunks.push(data)
    recorder.start()
    startedAt = performance.now()
    recording.value = true
    seconds.value = 0
    timer = setInterval(() => {
      seconds.value = (performance.now() - startedAt) / 1_000
      if (seconds.value >= LONGEST_S) full()
    }, TICK_MS)
  }

  async function stop(): Promise<Recording | null> {
    const active = recorder
    if (!active) return null
    const length = (performance.now() - startedAt) / 1_000
    await new Promise<void>((resolve) => {
      active.onstop = () => resolve()
      active.stop()
    })
    release()
    const type = active.mimeType.split(';')[0] || 'audio/webm'
    const blob = new Blob(chunks, { type })
    const file = new File([blob], `voice.${type.split('/')[1]}`, { type })
    return { file, voice: { seconds: Math.round(length * 10) / 10, peaks: await peaksIn(blob) } }
  }

  function cancel(): void {
    if (recorder?.state === 'recording') recorder.stop()
    release()
  }

  function release(): void {
    recorder?.stream.getTracks().forEach((track) => track.stop())
    recorder = null
    if (timer) clearInterval(timer)
    timer = null
    recording.value = false
  }

  return { recording, seconds, start, stop, cancel }
}

async function peaksIn(blob: Blob): Promise<number[]> {
  const audio = new AudioContext()
  try {
    const decoded = await audio.decodeAudioData(await blob.arrayBuffer())
    return peaksOf(decoded.getChannelData(0))
  } catch {
    // The picture is a decoration: the note is sent without it.
    return []
  } finally {
    void audio.close()
  }
}
