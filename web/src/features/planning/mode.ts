import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { Mode } from '@/api/types'

/** Actual or exercise, kept in the page's address; actual unless it says otherwise. */
export function useMode(): WritableComputedRef<Mode> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => (route.query.mode === 'exercise' ? 'exercise' : 'actual'),
    set: (mode) => void router.replace({ query: { ...route.query, mode: mode === 'exercise' ? mode : undefined } }),
  })
}
