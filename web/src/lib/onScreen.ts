import { onBeforeUnmount, onMounted, type ShallowRef } from 'vue'

/** Calls back when the element enters the visible part of the page, and when it leaves or is removed. */
export function useOnScreen(
  target: Readonly<ShallowRef<HTMLElement | null>>,
  entered: () => void,
  left: () => void,
): void {
  const observer = new IntersectionObserver((entries) => {
    if (entries.at(-1)?.isIntersecting) entered()
    else left()
  })
  onMounted(() => target.value && observer.observe(target.value))
  onBeforeUnmount(() => {
    observer.disconnect()
    left()
  })
}
