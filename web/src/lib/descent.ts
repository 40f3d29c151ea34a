import { ref } from 'vue'

interface Named {
  id: string
  name: string
}

interface Counted {
  unit: Named
  addressed: number
}

/** The way down the tree that somebody looks along: from where the counting begins to the unit that is looked at. */
export function useDescent() {
  const unitId = ref<string | null>(null)
  const path = ref<Named[]>([])

  function begin(unit: Named): void {
    if (path.value.length === 0) path.value = [unit]
  }

  function enter(unit: Named): void {
    path.value = [...path.value, unit]
    unitId.value = unit.id
  }

  function backTo(index: number): void {
    path.value = path.value.slice(0, index + 1)
    unitId.value = index === 0 ? null : (path.value[index]?.id ?? null)
  }

  return { unitId, path, begin, enter, backTo }
}

/** The rows of a counting in which there is somebody: the unit's own first, then those below it. */
export function rowsOf<R extends Counted>(answer: { own: R | null; rows: R[] } | null | undefined) {
  const own = answer?.own?.addressed ? [{ ...answer.own, own: true }] : []
  const below = (answer?.rows ?? []).filter(({ addressed }) => addressed > 0)
  return [...own, ...below.map((row) => ({ ...row, own: false }))]
}

/** How much of the whole each state is, in this order, as a bar shows them. */
export function partsIn<S extends string>(states: readonly S[], counts: Record<S | 'addressed', number>) {
  return states.map((state) => ({
    state,
    count: counts[state],
    percent: counts.addressed === 0 ? 0 : (counts[state] / counts.addressed) * 100,
  }))
}
