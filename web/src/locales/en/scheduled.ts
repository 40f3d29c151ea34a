import type zh from '../zh/scheduled'

export default {
  scheduled: {
    menu: 'More ways to send',
    send: 'Send later',
    title: 'Scheduled messages',
    time: 'When',
    confirm: 'Confirm',
    done: 'Will be sent {time}',
    presets: { inHour: 'In an hour', tonight: 'Tonight', tomorrow: 'Tomorrow', monday: 'Monday' },
    wrong: { past: 'This time has passed: choose another', far: 'At most a year ahead' },
    waitingCount: '{n} scheduled',
    failedCount: '{n} not sent',
    reasons: {
      not_found: 'You are no longer in this conversation',
      not_permitted: 'You may no longer write here',
    },
    look: 'Show',
    none: 'Nothing is scheduled',
    failed: 'Not sent',
    change: 'Change',
    changed: 'Changed',
    sendNow: 'Send now',
    sendAgain: 'Send again',
    sendingNow: 'Being sent',
    cancel: 'Do not send',
    cancelAsk: 'This message will not be sent.',
    cancelled: 'Cancelled',
  },
} satisfies typeof zh
