import { whenSecondFactorNeeded, whenSignedOut } from '@/api/client'
import { useDings } from '@/features/dings/dings'
import { followDings } from '@/features/dings/pushed'
import { useInbox } from '@/features/directives/inbox'
import { followUploads, forgetUploads } from '@/features/directives/reporting/pendingFiles'
import { useCardActions } from '@/features/messages/cards/cardActions'
import { useCommandCalls } from '@/features/messages/commands/commandCalls'
import { useConversations } from '@/features/messages/conversations'
import { forgetDrafts } from '@/features/messages/drafts'
import { forgetTyping, stopTyping } from '@/features/messages/typing'
import { useUploads } from '@/features/messages/files/uploads'
import { useHistory } from '@/features/messages/history'
import { followChanges } from '@/features/messages/pushed'
import { useReadCounts } from '@/features/messages/readCounts'
import { useSync } from '@/features/messages/sync'
import { useSession } from '@/features/signin/session'
import { useTodos } from '@/features/todos/todos'
import { useCatalogue } from '@/features/workbench/catalogue'
import { useOutbox } from '@/offline/outbox'
import { onPushed, useConnection } from '@/realtime/connection'
import { router } from '@/router'
import { followRights } from './rights'

let endSubscriptions: (() => void)[] = []
let running = false

/** Opens the queue and the socket for the official who has signed in; repeated calls change nothing. */
export function signedIn(): void {
  const me = useSession().me
  if (running || !me) return
  running = true
  if (!me.official) return
  useOutbox().open(me.account.id)
  useUploads().open(me.official.id)
  subscribe()
  connect()
}

/** Whatever may have happened unheard. */
function pull(): void {
  void useSync().run()
  void useInbox().refresh()
  void useDings().refresh()
  void useTodos().refresh()
}

async function askAgain(): Promise<void> {
  const session = useSession()
  await session.load().catch(() => undefined)
  if (session.lacksSecondFactor) await askSecondFactor()
}

function connect(): void {
  const connection = useConnection()
  connection.whenConnected(() => {
    pull()
    void useCardActions().refresh()
    useUploads().retry()
  })
  // A refused socket says nothing about why; asking who we are ends the session here if it has ended there.
  connection.whenRefused(() => void askAgain())
  connection.open()
  // What can be seen without the socket must not wait for it.
  pull()
}

function subscribe(): void {
  const connection = useConnection()
  const conversations = useConversations()
  const history = useHistory()
  const outbox = useOutbox()
  const session = useSession()
  const inbox = useInbox()

  outbox.whenMessageAcknowledged((message) => {
    conversations.noteMessage(message, message.seq)
    history.receive(message)
    connection.noteReached()
  })
  outbox.whenReportAcknowledged((assignmentId, _report, body) => {
    forgetUploads(body)
    void inbox.refetch(assignmentId)
    connection.noteReached()
  })

  endSubscriptions = [
    followUploads(),
    onPushed('message.created', ({ conversation, ...message }) => {
      conversations.noteMessage(message, conversation.last_seq)
      history.receive(message)
      if (message.sender.id) stopTyping(message.conversation_id, message.sender.id)
    }),
    onPushed('receipt.updated', ({ conversation_id, official_id, read_seq }) => {
      if (official_id === session.officialId) conversations.noteRead(conversation_id, read_seq)
      else useReadCounts().noteReceipt(conversation_id, read_seq)
    }),
    ...followChanges(),
    onPushed('conversation.updated', ({ conversation_id }) => {
      void conversations.refetch(conversation_id)
    }),
    onPushed('conversation.removed', ({ conversation_id }) => {
      conversations.remove(conversation_id)
      history.forget(conversation_id)
    }),
    onPushed('directive.issued', () => void inbox.refresh()),
    onPushed('directive.ended', () => void inbox.refresh()),
    onPushed('assignment.updated', ({ assignment_id }) => inbox.noteChange(assignment_id)),
    ...followDings(),
    onPushed('todo.updated', () => void useTodos().refresh()),
    ...followRights(pull, restart),
    onPushed('session.revoked', ({ session_id }) => {
      if (session_id === session.me?.session.id) leave()
    }),
  ]
}

function stop(): void {
  for (const end of endSubscriptions) end()
  endSubscriptions = []
  running = false
  useConnection().close()
  useOutbox().close()
  useSync().reset()
  useConversations().reset()
  useHistory().reset()
  useReadCounts().reset()
  useCardActions().reset()
  useCommandCalls().reset()
  forgetDrafts()
  forgetTyping()
  useUploads().reset()
  useInbox().reset()
  useDings().reset()
  useTodos().reset()
  useCatalogue().reset()
}

/** Ends everything that belongs to the official and shows the door. */
export function leave(): void {
  useUploads().clear()
  stop()
  useSession().forget()
  void router.push({ name: 'signin' })
}

/** Another post sees other groups and directives: begin again with nothing of the former on screen. */
export function restart(): void {
  stop()
  signedIn()
}

whenSignedOut(() => {
  if (running) leave()
})

/** A right just granted, or the installation, asks for more than the password was. */
async function askSecondFactor(): Promise<void> {
  if (!running) return
  stop()
  await useSession().load().catch(() => undefined)
  await router.push({ name: 'second-factor', query: { next: router.currentRoute.value.fullPath } })
}

whenSecondFactorNeeded(() => void askSecondFactor())
