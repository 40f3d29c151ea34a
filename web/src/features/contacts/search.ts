import { onScopeDispose, watch, type Ref } from 'vue'
import { orgtree } from '@/api'
import { debounce } from '@/lib/debounce'
import { useResource } from '@/lib/resource'

const PAUSE_MS = 220

/** Units and officials that match a text, asked for once the typing pauses. */
export function useContactSearch(query: Ref<string>, wanted: { units: boolean; officials: boolean }) {
  const results = useResource(async (signal) => {
    const text = query.value.trim()
    const [units, officials] = await Promise.all([
      wanted.units ? orgtree.searchUnits(text, signal) : null,
      wanted.officials ? orgtree.searchOfficials(text, signal) : null,
    ])
    return { units: units?.items ?? [], officials: officials?.items ?? [] }
  })
  const searchSoon = debounce(() => void results.load(), PAUSE_MS)

  watch(query, (text) => {
    searchSoon.cancel()
    if (text.trim()) searchSoon()
    else results.clear()
  })
  onScopeDispose(searchSoon.cancel)

  return results
}
