import { computed, onScopeDispose, watch } from 'vue'
import { records } from '@/api'
import type { Export } from '@/api/records'
import { useAction } from '@/lib/action'
import { usePages } from '@/lib/pages'
import { isUnderWay } from './progress'

const POLL_MS = 1_500

/** Exports with their progress, looked at again while one is being made. */
export function useExports(everybodys: boolean, keep: (one: Export) => boolean = () => true) {
  const pages = usePages<Export>((cursor) => records.exports(everybodys, cursor))
  const action = useAction()
  const items = computed(() => pages.items.value.filter(keep))
  const busy = computed(() => items.value.some(isUnderWay))
  let timer: ReturnType<typeof setInterval> | undefined

  watch(busy, (now) => {
    clearInterval(timer)
    if (now) timer = setInterval(() => void pages.reload(), POLL_MS)
  })
  onScopeDispose(() => clearInterval(timer))
  void pages.reload()

  async function download(one: Export): Promise<void> {
    await action.run(async () => {
      const { url } = await records.exportLink(one.id)
      location.assign(url)
    })
  }

  async function throwAway(one: Export, done: string): Promise<void> {
    if (await action.run(() => records.throwExportAway(one.id), done)) await pages.reload()
  }

  return { ...pages, items, download, throwAway }
}
