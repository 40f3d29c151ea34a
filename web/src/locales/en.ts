import audiences from './en/audiences'
import chat from './en/chat'
import common from './en/common'
import contacts from './en/contacts'
import directives from './en/directives'
import messages from './en/messages'
import shell from './en/shell'
import signin from './en/signin'
import workbench from './en/workbench'

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
