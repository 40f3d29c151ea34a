import { defineStore } from 'pinia'
import { ref } from 'vue'
import { asProblem, miniapps, type ApiProblem } from '@/api'
import type { WorkbenchApp } from '@/api/types'
import { allPages } from '@/lib/allPages'

/** The apps that are installed for me, and what I made of them. */
export const useCatalogue = defineStore('catalogue', () => {
  const apps = ref<WorkbenchApp[]>([])
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)

  async function load(): Promise<void> {
    try {
      apps.value = await allPages(miniapps.workbench)
      loaded.value = true
      problem.value = null
    } catch (error) {
      problem.value = asProblem(error)
    }
  }

  /** Ask whether I may still open this one, and in which version. */
  async function check(id: string): Promise<void> {
    try {
      const found = await miniapps.opened(id)
      apps.value = apps.value.map((app) => (app.id === id ? found : app))
    } catch (error) {
      if (asProblem(error).code === 'not_found') apps.value = apps.value.filter((app) => app.id !== id)
    }
  }

  function note(id: string, change: Partial<WorkbenchApp>): void {
    apps.value = apps.value.map((app) => (app.id === id ? { ...app, ...change } : app))
  }

  /** Puts an app among the favourites, last, or takes it out; undone if the server will not. */
  async function setFavourite(id: string, wanted: boolean): Promise<void> {
    const before = apps.value
    const kept = before
      .filter((app) => app.favourite !== null && app.id !== id)
      .sort((a, b) => (a.favourite ?? 0) - (b.favourite ?? 0))
      .map((app) => app.id)
    const ids = wanted ? [...kept, id] : kept
    apps.value = before.map((app) => ({ ...app, favourite: ids.includes(app.id) ? ids.indexOf(app.id) : null }))
    try {
      await miniapps.setFavourites(ids)
    } catch (error) {
      apps.value = before
      throw error
    }
  }

  function reset(): void {
    apps.value = []
    loaded.value = false
    problem.value = null
  }

  return { apps, loaded, problem, load, check, note, setFavourite, reset }
})
