import type zh from '../zh/contacts'

export default {
  contacts: {
    search: 'Name, unit, code, pinyin initials',
    units: 'Units',
    officials: 'People',
    noMatch: 'Nothing found for “{q}”',
    noMatchDetail: 'Try pinyin initials such as “stz” for 石塘镇, or the code of the unit.',
    tree: 'Organisation',
    path: 'Units above',
    code: 'Code {code}',
    below: 'Units below',
    belowSearch: 'Filter the units below',
    counts: 'Units in this area',
    officialTotal: 'Officials',
    people: 'People of this unit',
    noPeople: 'Nobody is listed in this unit',
    noPeopleDetail: 'Look at the unit above or the units below.',
    status: { active: '', merged: 'Merged', abolished: 'Abolished' },
    message: 'Message',
    phoneHidden: 'Not shown',
    posts: 'Posts',
    primary: 'Primary',
    itsMe: 'This is you',
    selectUnit: 'Choose a unit',
    searchUnit: 'Name, code or pinyin initials of a unit',
  },
} satisfies typeof zh
