import type { EscalationStep, StepName } from '@/api/types'

export const STEPS = ['remind', 'deputy', 'leader', 'parent'] as const
export const MOST_STEPS = 8
export const LATEST_MINUTES = 43_200
export const INTERVALS = [30, 60, 120, 180, 240, 360, 720, 1440]

/** What most directives take: the unit at once, and every ten minutes somebody further up. */
export function usualRule(): EscalationStep[] {
  return STEPS.map((step, index) => ({ step, after_minutes: index * 10, working_days: false }))
}

/** The steps that stand out of order: as zzd/tasks/escalation/rules.py has it. */
export function outOfOrder(steps: EscalationStep[]): Set<number> {
  const found = new Set<number>()
  let highest = 0
  const latest = new Map<boolean, number>()
  const taken = new Set<string>()
  steps.forEach((each, index) => {
    const rank = STEPS.indexOf(each.step)
    const same = `${rank} ${each.after_minutes} ${each.working_days}`
    const after = latest.get(each.working_days) ?? 0
    if (rank < highest || each.after_minutes < after || taken.has(same)) found.add(index)
    taken.add(same)
    highest = Math.max(highest, rank)
    latest.set(each.working_days, Math.max(after, each.after_minutes))
  })
  return found
}

/** A further step: whom comes next, ten minutes after the last. */
export function nextStep(steps: EscalationStep[]): EscalationStep {
  const last = steps.at(-1)
  if (!last) return { step: 'remind', after_minutes: 0, working_days: false }
  const rank = Math.min(STEPS.indexOf(last.step) + 1, STEPS.length - 1)
  return {
    step: STEPS[rank] ?? 'parent',
    after_minutes: Math.min(last.after_minutes + 10, LATEST_MINUTES),
    working_days: last.working_days,
  }
}

/** The key of a step's words. */
export function stepText(step: StepName | 'urge'): string {
  return step === 'ask' || step === 'urge' ? `escalation.${step}` : `escalation.steps.${step}`
}
