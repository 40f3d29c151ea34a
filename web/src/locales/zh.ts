import audiences from './zh/audiences'
import chat from './zh/chat'
import common from './zh/common'
import contacts from './zh/contacts'
import directives from './zh/directives'
import messages from './zh/messages'
import shell from './zh/shell'
import signin from './zh/signin'
import workbench from './zh/workbench'

export default {
  ...audiences,
  ...chat,
  ...common,
  ...contacts,
  ...directives,
  ...messages,
  ...shell,
  ...signin,
  ...workbench,
}
