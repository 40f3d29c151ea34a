import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { asProblem, tasks, type ApiProblem } from '@/api'
import type { TaskEvent } from '@/api/types'

/** The events that directives belong to, newest first. */
export const useEvents = defineStore('events', () => {
  const all = ref<TaskEvent[]>([])
  const loaded = ref(false)
  const problem = ref<ApiProblem | null>(null)
  const open = computed(() => all.value.filter((event) => event.status === 'open'))

  async function load(): Promise<void> {
    try {
      all.value = (await tasks.events()).items
      loaded.value = true
      problem.value = null
    } catch (error) {
      problem.value = asProblem(error)
    }
  }

  function put(event: TaskEvent): void {
    const rest = all.value.filter((other) => other.id !== event.id)
    all.value = [event, ...rest].sort((a, b) => b.created_at.localeCompare(a.created_at))
  }

  return { all, open, loaded, problem, load, put }
})
