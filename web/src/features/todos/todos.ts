import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { todos } from '@/api'
import type { TodoCounts } from '@/api/todos'
import { coalesce } from '@/lib/coalesce'

const NONE: TodoCounts = { open: 0, late: 0, apps: [] }

/** How much apps ask of me: the badges of the workbench. */
export const useTodos = defineStore('todos', () => {
  const counts = shallowRef(NONE)
  let generation = 0

  const refresh = coalesce(async () => {
    const mine = generation
    try {
      const found = await todos.counts()
      if (mine === generation) counts.value = found
    } catch {
      // It is asked again at every reconnect and whenever one changes.
    }
  })

  function reset(): void {
    generation += 1
    counts.value = NONE
  }

  return {
    counts,
    openOf: computed(() => new Map(counts.value.apps.map((app) => [app.miniapp_id, app.open]))),
    refresh,
    reset,
  }
})
