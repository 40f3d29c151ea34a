import { useI18n } from 'vue-i18n'
import type { ApiProblem } from '@/api'

/** The sentence an official reads for a problem; a code without a translation shows the server's own detail. */
export function useProblemText() {
  const { t, te } = useI18n()
  return function textOf(problem: ApiProblem): string {
    const key = `problems.${problem.code}`
    const text = te(key) ? t(key) : problem.detail
    // Where a sentence says it all, the place in the request would only puzzle.
    const [first] = problem.code === 'invalid' ? problem.errors : []
    return first ? `${text} (${first.pointer}: ${first.detail})` : text
  }
}
