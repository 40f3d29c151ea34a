export default {
  commands: {
    title: 'Commands of apps',
    loading: 'Looking for commands…',
    loadFailed: 'The commands did not come',
    none: 'No app has such a command here; Enter sends it as a message',
    answers: 'What apps answered you',
    waiting: 'Sent; waiting for the app…',
    onlyYou: 'Only you see this',
    again: 'Try again',
    failed: {
      no_answer: 'The app did not answer. Try again; if it never does, tell whoever looks after it',
      app_gone: 'The app was suspended and did not answer',
    },
  },
}
