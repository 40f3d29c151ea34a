import { defineStore } from 'pinia'
import { ref } from 'vue'
import { orgtree } from '@/api'
import type { Line } from '@/api/types'

/** The functional lines change with a reform of the government, not within a session: fetched once. */
export const useLines = defineStore('lines', () => {
  const lines = ref<Line[]>([])
  let fetched: Promise<void> | null = null

  async function fetchAll(): Promise<void> {
    try {
      lines.value = (await orgtree.lines()).items
    } catch (error) {
      fetched = null
      throw error
    }
  }

  const load = () => (fetched ??= fetchAll())

  return { lines, load }
})
