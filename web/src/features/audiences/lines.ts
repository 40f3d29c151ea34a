import { defineStore } from 'pinia'
import { ref } from 'vue'
import { orgtree } from '@/api'
import type { Line } from '@/api/types'

/** The functional lines change with a reform of the government, not within a session: fetched once. */
export const useLines = defineStore('lines', () => {
  const lines = ref<Line[]>([])

  async function load(): Promise<void> {
    if (lines.value.length === 0) lines.value = (await orgtree.lines()).items
  }

  return { lines, load }
})
