export default {
  escalation: {
    interval: 'Report again',
    intervalNone: 'One report is enough',
    intervalHint: 'After each report the next one is asked for by itself; a missed one is overdue.',
    everyMinutes: 'Every {n} min',
    everyHours: 'Every {n} h',
    rule: 'When a deadline is missed',
    ruleHint: 'Tells people further and further up; stops at once when the unit acknowledges or reports.',
    ruleNone: 'Nobody is told by itself',
    usual: 'Use the usual rule',
    addStep: 'Add a step',
    step: 'Who is told',
    steps: {
      remind: 'Remind the unit',
      deputy: 'Its deputy',
      leader: 'Its leader',
      parent: 'Duty officer above',
    },
    after: 'Minutes after',
    workingDays: 'Working days only',
    workingDaysHint:
      'Time stands still on days off, by the published holidays; in years not yet published, Monday to Friday are working days.',
    outOfOrder: 'Steps lead upwards, none earlier than the one before',
  },
}
