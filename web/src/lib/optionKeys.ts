import { ref, watch, type Ref } from 'vue'

/**
 * Which of the options that are shown beside a field is active. The field keeps the focus and hands its keys on;
 * `onKey` answers whether one was taken.
 */
export function useOptionKeys<Option>(shown: Readonly<Ref<Option[]>>, pick: (option: Option) => void, dismiss: () => void) {
  const active = ref(0)
  watch(shown, () => (active.value = 0))

  function onKey(event: KeyboardEvent): boolean {
    const count = shown.value.length
    // There may be fewer than a moment ago.
    const option = shown.value[active.value] ?? shown.value[0]
    if (event.key === 'Escape') dismiss()
    else if (option === undefined) return false
    else if (event.key === 'ArrowDown') active.value = (active.value + 1) % count
    else if (event.key === 'ArrowUp') active.value = (active.value - 1 + count) % count
    else if (event.key === 'Enter' || event.key === 'Tab') pick(option)
    else return false
    event.preventDefault()
    return true
  }

  return { active, onKey }
}
