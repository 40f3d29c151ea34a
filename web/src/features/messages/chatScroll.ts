import { nextTick, onBeforeUnmount, onMounted, ref, watch, type Ref, type ShallowRef } from 'vue'
import type { ChatRow } from './rows'

const AT_BOTTOM_PX = 48
const NEAR_TOP_PX = 160

/**
 * Where the reader is in a growing list: kept at the bottom while they are there, kept on the same message while older
 * ones are put in above, left alone while they read further up.
 */
export function useChatScroll(
  container: Readonly<ShallowRef<HTMLElement | null>>,
  rows: Readonly<Ref<ChatRow[]>>,
  loadOlder: () => Promise<void>,
) {
  const atBottom = ref(true)
  const newBelow = ref(0)
  const moved = ref(0)
  let loading = false
  let resized: ResizeObserver | null = null

  function toBottom(): void {
    const element = container.value
    if (element) element.scrollTop = element.scrollHeight
  }

  async function followBottom(): Promise<void> {
    atBottom.value = true
    newBelow.value = 0
    await nextTick()
    toBottom()
    moved.value += 1
  }

  async function fetchAbove(): Promise<void> {
    const element = container.value
    if (!element || loading) return
    loading = true
    const fromEnd = element.scrollHeight - element.scrollTop
    await loadOlder()
    await nextTick()
    element.scrollTop = element.scrollHeight - fromEnd
    loading = false
  }

  function onScroll(): void {
    const element = container.value
    if (!element) return
    atBottom.value =
      element.scrollHeight - element.scrollTop - element.clientHeight < AT_BOTTOM_PX
    if (atBottom.value) newBelow.value = 0
    if (element.scrollTop < NEAR_TOP_PX) void fetchAbove()
  }

  const lastSeq = () => rows.value.findLast((row) => row.message)?.message?.seq ?? 0

  watch([lastSeq, () => rows.value.at(-1)?.key], async ([seq], [before]) => {
    if (atBottom.value) await followBottom()
    else if (before > 0) newBelow.value += Math.max(0, seq - before)
  })

  onMounted(() => {
    const start = container.value?.querySelector('[data-unread-start]')
    if (start) start.scrollIntoView({ block: 'center' })
    else toBottom()
    onScroll()
    moved.value += 1
    resized = new ResizeObserver(() => {
      if (atBottom.value) toBottom()
    })
    if (container.value) resized.observe(container.value)
  })
  onBeforeUnmount(() => resized?.disconnect())

  return { atBottom, newBelow, moved, onScroll, followBottom }
}
