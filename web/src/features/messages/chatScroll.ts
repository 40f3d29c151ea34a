import { nextTick, onBeforeUnmount, onMounted, ref, watch, type Ref, type ShallowRef } from 'vue'
import type { ChatRow } from './rows'

const AT_BOTTOM_PX = 48
const NEAR_END_PX = 160

export interface Ends {
  loadOlder(): Promise<void>
  loadNewer(): Promise<void>
  /** The list ends before the newest message: its bottom is not where new ones appear. */
  isAside(): boolean
  toNewest(): void
}

/**
 * Where the reader is in a growing list: kept at the bottom while they are there, kept on the same message while older
 * ones are put in above, left alone while they read further up.
 */
export function useChatScroll(
  container: Readonly<ShallowRef<HTMLElement | null>>,
  rows: Readonly<Ref<ChatRow[]>>,
  ends: Ends,
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
    ends.toNewest()
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
    await ends.loadOlder()
    await nextTick()
    element.scrollTop = element.scrollHeight - fromEnd
    loading = false
  }

  function onScroll(): void {
    const element = container.value
    if (!element) return
    const below = element.scrollHeight - element.scrollTop - element.clientHeight
    atBottom.value = !ends.isAside() && below < AT_BOTTOM_PX
    if (atBottom.value) newBelow.value = 0
    if (element.scrollTop < NEAR_END_PX) void fetchAbove()
    if (ends.isAside() && below < NEAR_END_PX) void ends.loadNewer()
  }

  const lastSeq = () => rows.value.findLast((row) => row.message)?.message?.seq ?? 0

  watch([lastSeq, () => rows.value.at(-1)?.key], async ([seq], [before]) => {
    if (ends.isAside()) atBottom.value = false
    else if (atBottom.value) await followBottom()
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
