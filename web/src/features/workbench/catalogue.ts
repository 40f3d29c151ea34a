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

  /** Ask whether I may still open this one, and in which version. */
  async function check(id: string): Promise<void> {
    try {
      const found = await miniapps.workbenchApp(id)
      apps.value = apps.value.map((app) => (app.id === id ? found : app))
    } catch (error) {
      if (asProblem(error).code === 'not_found') apps.value = apps.value.filter((app) => app.id !== id)
    }
  }

  function reset(): void {
    apps.value = []
    loaded.value = false
    problem.value = null
  }

  return { apps, loaded, problem, load, check, reset }
})
