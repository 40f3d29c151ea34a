import { shallowRef } from 'vue'
import { orgtree } from '@/api'
import type { Official } from '@/api/types'

/** The official whose card lies over the page, wherever in the product their name was clicked. */
export const shownOfficial = shallowRef<Official | null>(null)

export function showOfficial(official: Official): void {
  shownOfficial.value = official
}

export async function showOfficialById(id: string): Promise<void> {
  shownOfficial.value = await orgtree.official(id)
}
