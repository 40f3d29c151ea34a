const LONG_MS = 450
const STILL_PX = 10

/** Handlers for a finger that rests on an element; moving (scrolling) or lifting it earlier is no long press. */
export function useLongPress(pressed: (at: { x: number; y: number }) => void) {
  let timer: ReturnType<typeof setTimeout> | null = null
  let from = { x: 0, y: 0 }

  function end(): void {
    if (timer) clearTimeout(timer)
    timer = null
  }

  return {
    touchstart(event: TouchEvent): void {
      const [touch] = event.touches
      end()
      if (!touch || event.touches.length > 1) return
      from = { x: touch.clientX, y: touch.clientY }
      timer = setTimeout(() => {
        timer = null
        pressed(from)
      }, LONG_MS)
    },
    touchmove(event: TouchEvent): void {
      const [touch] = event.touches
      if (!touch || Math.hypot(touch.clientX - from.x, touch.clientY - from.y) > STILL_PX) end()
    },
    touchend: end,
    touchcancel: end,
  }
}
