export default {
  cards: {
    appBadge: 'App',
    named: 'Card: {title}',
    from: 'From the app “{app}”',
    updated: 'Updated {at}',
    waiting: 'Sent, waiting for the app…',
    done: 'Done',
    again: '{text} (it failed last time: try again)',
    opensPage: '(opens a new window)',
    failed: {
      unreachable: 'The app did not answer: press the button to try again',
      refused: 'The app did not accept it: try again or ask whoever looks after the app',
      bad_answer: 'The app answered wrongly, so whether it took effect is not known: ask whoever looks after it',
      app_gone: 'The app is out of service: nothing was done',
    },
  },
}
