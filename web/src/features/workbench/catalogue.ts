import { defineStore } from 'pinia'
import { ref } from 'vue'
import { asProblem, miniapps, type ApiProblem } from '@/api'
import type { WorkbenchApp } from '@/api/types'

/** The published apps that are open to me. */
export const useCatalogue = defineStore('catalogue', () => {
  const apps = ref<WorkbenchApp[]>([])
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)

  async function load(): Promise<void> {
    try {
      apps.value = (await miniapps.workbench()).items
      loaded.value = true
      problem.value = null
    } catch (error) {
      problem.value = asProblem(error)
    }
  }

  function reset(): void {
    apps.value = []
    loaded.value = false
    problem.value = null
  }

  return { apps, loaded, problem, load, reset }
})
