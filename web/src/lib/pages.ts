import { computed, ref, shallowRef } from 'vue'
import { asProblem, type ApiProblem } from '@/api'
import type { Page } from '@/api/types'

/** A list that grows by pages. `reload` starts again; answers to an earlier start are dropped. */
export function usePages<T>(fetcher: (cursor: string | null) => Promise<Page<T>>) {
  const items = shallowRef<T[]>([])
  const next = ref<string | null>(null)
  const loading = ref(false)
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)
  let generation = 0

  async function fetchPage(cursor: string | null): Promise<void> {
    const mine = ++generation
    loading.value = true
    problem.value = null
    try {
      const page = await fetcher(cursor)
      if (mine !== generation) return
      items.value = cursor ? [...items.value, ...page.items] : page.items
      next.value = page.next
      loaded.value = true
    } catch (error) {
      if (mine === generation) problem.value = asProblem(error)
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  function reset(): void {
    generation += 1
    items.value = []
    next.value = null
    loaded.value = false
    loading.value = false
    problem.value = null
  }

  return {
    items,
    loading,
    loaded,
    problem,
    hasMore: computed(() => next.value !== null),
    reload: () => fetchPage(null),
    more: () => (next.value && !loading.value ? fetchPage(next.value) : Promise.resolve()),
    reset,
  }
}
