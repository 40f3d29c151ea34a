import { computed, ref, watch } from 'vue'
import { miniapps } from '@/api'
import type { MiniApp } from '@/api/types'
import { allPages } from '@/lib/allPages'
import { debounce } from '@/lib/debounce'
import { usePages } from '@/lib/pages'
import { useResource } from '@/lib/resource'

/** States of what a reviewer has had before them; the empty one is any of these. */
export const JUDGED = ['', 'published', 'rolling_out', 'approved', 'suspended', 'rejected', 'superseded', 'retired']

/** Every app that waits for a decision, however many others there are; and of these, those looked for. */
export function useReviewQueue() {
  const state = ref('')
  const query = ref('')
  /** Read whole: a list does not say what a version asks for newly. */
  const waiting = useResource(async () => {
    const listed = await allPages((cursor) => miniapps.miniApps({ state: 'in_review', cursor }))
    const whole: MiniApp[] = []
    // A few at a time: hundreds may wait.
    for (let start = 0; start < listed.length; start += 8)
      whole.push(...(await Promise.all(listed.slice(start, start + 8).map(({ id }) => miniapps.miniApp(id)))))
    return whole
  })
  const others = usePages<MiniApp>((cursor) => miniapps.miniApps({ state: state.value, q: query.value.trim(), cursor }))
  const judged = computed(() => others.items.value.filter((app) => JUDGED.includes(app.state)))
  watch(state, () => void others.reload())
  watch(query, debounce(() => void others.reload(), 250))

  async function load(): Promise<void> {
    await Promise.all([waiting.load(), others.reload()])
  }
  return { state, query, waiting, others, judged, load }
}
