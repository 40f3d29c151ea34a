import { shallowRef } from 'vue'
import type { StoredFile } from '@/api/files'

/** The file that lies open over the page. */
export const shownFile = shallowRef<StoredFile | null>(null)

export function showFile(file: StoredFile): void {
  shownFile.value = file
}
