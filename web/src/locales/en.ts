import accounts from './en/accounts'
import announcing from './en/announcing'
import attention from './en/attention'
import audiences from './en/audiences'
import bots from './en/bots'
import cards from './en/cards'
import chat from './en/chat'
import commands from './en/commands'
import common from './en/common'
import contacts from './en/contacts'
import dings from './en/dings'
import directives from './en/directives'
import escalation from './en/escalation'
import hooks from './en/hooks'
import joining from './en/joining'
import lifecycle from './en/lifecycle'
import map from './en/map'
import messages from './en/messages'
import papers from './en/papers'
import picture from './en/picture'
import planning from './en/planning'
import records from './en/records'
import reporting from './en/reporting'
import review from './en/review'
import scheduled from './en/scheduled'
import search from './en/search'
import secondFactor from './en/secondFactor'
import shell from './en/shell'
import signin from './en/signin'
import warnings from './en/warnings'
import workbench from './en/workbench'

export default {
  ...accounts,
  ...announcing,
  ...attention,
  ...audiences,
  ...bots,
  ...cards,
  ...chat,
  ...commands,
  ...common,
  ...contacts,
  ...dings,
  ...directives,
  ...escalation,
  ...hooks,
  ...joining,
  ...lifecycle,
  ...map,
  ...messages,
  ...papers,
  ...picture,
  ...planning,
  ...records,
  ...reporting,
  ...review,
  ...scheduled,
  ...search,
  ...secondFactor,
  ...shell,
  ...signin,
  ...warnings,
  ...workbench,
}
