import { ref, shallowRef } from 'vue'
import { isCancelled } from '@/api/client'
import { asProblem, type ApiProblem } from '@/api'

/**
 * What a screen shows of one thing it fetches: the data, whether it is under way, what went wrong.
 * Only the answer to the latest call counts; a refresh keeps the old data on screen until the new one is there.
 */
export function useResource<T, A extends unknown[]>(
  fetcher: (signal: AbortSignal, ...args: A) => Promise<T>,
) {
  const data = shallowRef<T | null>(null)
  const problem = ref<ApiProblem | null>(null)
  const loading = ref(false)
  let current: AbortController | null = null

  async function load(...args: A): Promise<void> {
    current?.abort()
    const mine = new AbortController()
    current = mine
    loading.value = true
    try {
      const answer = await fetcher(mine.signal, ...args)
      if (current !== mine) return
      data.value = answer
      problem.value = null
    } catch (error) {
      if (current !== mine || isCancelled(error)) return
      problem.value = asProblem(error)
    } finally {
      if (current === mine) loading.value = false
    }
  }

  function clear(): void {
    current?.abort()
    current = null
    data.value = null
    problem.value = null
    loading.value = false
  }

  return { data, problem, loading, load, clear }
}
