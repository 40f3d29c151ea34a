export default {
  announcing: {
    ask: 'Ask to confirm',
    askHint: 'Each reader confirms with one tap, and you see by unit who has not (cannot be scheduled)',
    confirm: 'Confirm',
    confirmedAt: 'Confirmed {time}',
    progress: '{part}/{whole} confirmed',
    seeProgress: 'Who has confirmed',
    title: 'Confirmations',
    path: 'Where you are',
    counting: 'People are being counted; this updates by itself…',
    addressed: '{n} people',
    byUnit: 'By unit',
    ofUnit: '{unit} itself',
    nobodyLeft: 'Everybody has confirmed',
    nobodyHere: 'Nobody here',
    states: {
      confirmed: 'Confirmed',
      read: 'Read, not confirmed',
      unread: 'Unread',
      unconfirmed: 'Not confirmed',
    },
  },
}
