import { ref } from 'vue'
import { useNotify } from './notify'

/** A button's work: one at a time, its failure shown; answers whether it succeeded. */
export function useAction() {
  const busy = ref(false)
  const notify = useNotify()

  async function run(work: () => Promise<unknown>, doneText?: string): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      await work()
      if (doneText) notify.done(doneText)
      return true
    } catch (error) {
      notify.failed(error)
      return false
    } finally {
      busy.value = false
    }
  }

  return { busy, run }
}
