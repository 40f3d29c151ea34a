import { expect, test } from 'vitest'
import type { EscalationStep } from '@/api/types'
import { nextStep, outOfOrder, usualRule } from './escalation'

const step = (who: EscalationStep['step'], after: number, working = false): EscalationStep => ({
  step: who,
  after_minutes: after,
  working_days: working,
})

test.each([
  [usualRule(), []],
  [[step('leader', 0), step('deputy', 5)], [1]],
  [[step('remind', 10), step('deputy', 9)], [1]],
  [[step('remind', 10), step('remind', 10)], [1]],
  [[step('remind', 60), step('deputy', 30, true)], []],
])('what stands out of order is found (%#)', (steps, wrong) => {
  expect([...outOfOrder(steps)]).toEqual(wrong)
})

test('however many steps are added, they stay in order', () => {
  const steps = [nextStep([])]
  while (steps.length < 8) steps.push(nextStep(steps))
  expect(steps[0]).toEqual(step('remind', 0))
  expect(outOfOrder(steps).size).toBe(0)
})
