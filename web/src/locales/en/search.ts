import type zh from '../zh/search'

export default {
  search: {
    hint: 'Search messages, files, people, groups',
    where: 'Where to search',
    results: 'Results',
    sections: {
      all: 'All',
      messages: 'Messages',
      files: 'Files',
      people: 'People',
      groups: 'Groups',
      units: 'Units',
    },
    start: 'Type to search',
    startDetail: 'Several words: all must be found; “quoted”: exactly so; names also by pinyin initials.',
    none: 'Nothing found for “{q}”',
    noneDetail: 'Try another word, or fewer filters.',
    moreIn: 'More {section}',
    anyConversation: 'All conversations',
    anySender: 'Anybody',
    from: 'From',
    to: 'To',
    inConversation: 'Search this conversation',
  },
} satisfies typeof zh
