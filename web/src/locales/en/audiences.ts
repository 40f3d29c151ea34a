import type zh from '../zh/audiences'

export default {
  audiences: {
    unit: 'Area',
    levels: 'Levels',
    levelsHint: 'None chosen: the unit and everything below it',
    line: 'Line',
    anyLine: 'Any line',
    role: 'Duty',
    anyRole: 'Any duty',
    chooseUnit: 'Choose a unit to see who is covered',
  },
} satisfies typeof zh
