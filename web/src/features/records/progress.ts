import type { Export } from '@/api/records'

export function isUnderWay({ state }: Export): boolean {
  return state === 'waiting' || state === 'running'
}

export function percentOf({ done, total, state }: Export): number {
  if (state === 'ready') return 100
  return total === 0 ? 0 : Math.min(99, Math.floor((done / total) * 100))
}
