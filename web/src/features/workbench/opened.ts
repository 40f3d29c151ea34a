import { onScopeDispose, ref, shallowRef } from 'vue'
import { asProblem, miniapps, type ApiProblem } from '@/api'
import type { OpenedApp } from '@/api/types'

/** A page that says nothing for so long has not come. */
const PATIENCE_MS = 20_000

/** One app while it is open: what it may ask, and whether its page came. */
export function useOpened(id: string) {
  const app = shallowRef<OpenedApp | null>(null)
  const problem = ref<ApiProblem | null>(null)
  const state = ref<'opening' | 'shown' | 'failed'>('opening')
  let timer = 0
  let counted = false

  async function open(): Promise<void> {
    window.clearTimeout(timer)
    state.value = 'opening'
    problem.value = null
    counted = false
    try {
      app.value = await miniapps.opened(id)
      timer = window.setTimeout(() => settle('failed'), PATIENCE_MS)
    } catch (error) {
      app.value = null
      problem.value = asProblem(error)
    }
  }

  /** Counted once for each opening; that it cannot be counted is no reason not to show the app. */
  function settle(outcome: 'shown' | 'failed'): void {
    window.clearTimeout(timer)
    if (state.value === 'shown' && outcome === 'failed') return
    state.value = outcome
    if (counted) return
    counted = true
    miniapps.noteOpening(id, outcome === 'shown' ? 'opened' : 'failed').catch(() => {})
  }

  onScopeDispose(() => window.clearTimeout(timer))
  void open()
  return { app, problem, state, open, settle }
}
