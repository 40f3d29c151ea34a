import { onScopeDispose, watch, type Ref } from 'vue'
import { picture as api } from '@/api'
import type { Picture } from '@/api/picture'
import { useRollup } from '@/features/directives/rollup'
import { coalesce } from '@/lib/coalesce'
import { useResource } from '@/lib/resource'

/** How long a coordinator's screen may be behind where nothing is pushed: deadlines pass by themselves. */
const LOOK_AGAIN_MS = 15_000

/** The picture of one unit. It is fetched whenever the roll-up is, and beside it: neither waits for the other. */
export function usePicture(directiveId: string, unitId: Ref<string | null>) {
  const picture = useResource<Picture, []>((signal) => api.picture(directiveId, unitId.value, signal))
  const load = coalesce(() => picture.load())
  const shown = useRollup(directiveId, unitId, () => void load())
  watch(unitId, () => {
    picture.clear()
    void load()
  })
  const timer = setInterval(() => {
    if (!document.hidden) void shown.rollup.load()
  }, LOOK_AGAIN_MS)
  onScopeDispose(() => clearInterval(timer))
  return { ...shown, picture }
}
