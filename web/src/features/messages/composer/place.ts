import type { NewMessage } from '@/api/messaging'

const PATIENCE_MS = 15_000

/** Where the device is now; rejects when the person or the machine refuses. */
export function whereAmI(): Promise<GeolocationPosition> {
  return new Promise((resolve, reject) =>
    navigator.geolocation.getCurrentPosition(resolve, reject, {
      enableHighAccuracy: true,
      timeout: PATIENCE_MS,
    }),
  )
}

export function placeMessage({ coords }: GeolocationPosition, name: string): NewMessage {
  const { latitude, longitude, accuracy } = coords
  return { kind: 'location', content: { latitude, longitude, name, accuracy } }
}
