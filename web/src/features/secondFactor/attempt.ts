import { ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { asProblem, type ApiProblem } from '@/api'
import { useProblemText } from '@/lib/problemText'
import { clockTime } from '@/lib/time'

/** What somebody tries with a password or a code: one at a time, its refusal told where they typed. */
export function useAttempt() {
  const { t, locale } = useI18n()
  const problemText = useProblemText()
  const busy = ref(false)
  const problem = shallowRef<ApiProblem | null>(null)

  async function run(work: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    problem.value = null
    try {
      await work()
      return true
    } catch (error) {
      problem.value = asProblem(error)
      return false
    } finally {
      busy.value = false
    }
  }

  function explain(reason: ApiProblem): string {
    if (reason.code === 'account_locked' && reason.retryAt) {
      return t('signin.lockedUntil', { time: clockTime(reason.retryAt, locale.value) })
    }
    return problemText(reason)
  }

  /** What is typed anew is not what was refused. */
  function forgive(): void {
    problem.value = null
  }

  return { busy, problem, run, forgive, explain }
}
