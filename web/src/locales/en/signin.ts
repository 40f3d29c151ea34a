import type zh from '../zh/signin'

export default {
  signin: {
    title: 'Sign in',
    hint: 'Use your government account',
    username: 'User name',
    usernameHint: 'Your user name',
    password: 'Password',
    passwordHint: 'Your password',
    submit: 'Sign in',
    lockedUntil: 'Too many failures: the account is locked until {time}',
    foot: 'After 5 wrong passwords the account is locked for 15 minutes.',
    slogan: 'One network, down to every village',
    more: 'Messages that arrive, directives that can be traced, figures that add up as they come in: six levels working as one.',
    levels: 'Six levels of organisation',
    starting: 'Opening…',
    startFailed: 'The workplace cannot be opened yet',
  },
} satisfies typeof zh
