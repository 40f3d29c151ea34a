import accounts from './zh/accounts'
import announcing from './zh/announcing'
import attention from './zh/attention'
import audiences from './zh/audiences'
import bots from './zh/bots'
import cards from './zh/cards'
import chat from './zh/chat'
import commands from './zh/commands'
import common from './zh/common'
import contacts from './zh/contacts'
import dings from './zh/dings'
import directives from './zh/directives'
import escalation from './zh/escalation'
import hooks from './zh/hooks'
import joining from './zh/joining'
import lifecycle from './zh/lifecycle'
import map from './zh/map'
import messages from './zh/messages'
import papers from './zh/papers'
import picture from './zh/picture'
import planning from './zh/planning'
import records from './zh/records'
import reporting from './zh/reporting'
import review from './zh/review'
import scheduled from './zh/scheduled'
import search from './zh/search'
import secondFactor from './zh/secondFactor'
import shell from './zh/shell'
import signin from './zh/signin'
import warnings from './zh/warnings'
import workbench from './zh/workbench'

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
