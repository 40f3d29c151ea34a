import { ref } from 'vue'
import { miniapps } from '@/api'
import type { DescribedAudience, PlacedApp, Placement } from '@/api/types'
import { useResource } from '@/lib/resource'
import { keyOf } from './order'

/** What was put first for the audiences of one unit. */
export function usePlacements(home: string) {
  const unitId = ref(home)
  const listed = useResource(async () => (await miniapps.placements(unitId.value)).items)
  if (home) void listed.load()

  async function show(id: string): Promise<void> {
    if (id === unitId.value) return
    unitId.value = id
    listed.clear()
    await listed.load()
  }

  /** An audience to begin with, first in the list; the one that is there if it is. */
  async function begin(audience: DescribedAudience): Promise<void> {
    await show(audience.unit_id)
    // Whoever is quick has chosen before the list of the unit itself is here.
    if (!listed.data.value) await listed.load()
    const known = listed.data.value
    if (!known || known.some((each) => keyOf(each.audience) === keyOf(audience))) return
    listed.data.value = [{ audience, items: [] }, ...known]
  }

  function note(placement: Placement, items: PlacedApp[]): void {
    listed.data.value = (listed.data.value ?? []).map((each) => (each === placement ? { ...each, items } : each))
  }

  return { unitId, listed, show, begin, note }
}
