import { ref } from 'vue'

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false
}

/** Files dragged over an element and let go there. Entering a child is no leaving, so they are counted. */
export function useFileDrop(dropped: (files: File[]) => void) {
  const over = ref(false)
  let depth = 0

  function leave(): void {
    depth = Math.max(0, depth - 1)
    over.value = depth > 0
  }

  return {
    over,
    handlers: {
      dragenter(event: DragEvent): void {
        if (!carriesFiles(event)) return
        event.preventDefault()
        depth += 1
        over.value = true
      },
      dragover(event: DragEvent): void {
        if (carriesFiles(event)) event.preventDefault()
      },
      dragleave: leave,
      drop(event: DragEvent): void {
        if (!carriesFiles(event)) return
        event.preventDefault()
        depth = 0
        over.value = false
        dropped([...(event.dataTransfer?.files ?? [])])
      },
    },
  }
}
