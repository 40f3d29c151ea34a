import { onScopeDispose, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { Ding } from '@/api/dings'
import type { Conversation } from '@/api/types'
import { useInbox } from '@/features/directives/inbox'
import { useConversations } from '@/features/messages/conversations'
import { mentionsMe } from '@/features/messages/conversationOrder'
import { useSummary } from '@/features/messages/summary'
import { useDings } from '@/features/dings/dings'
import { useSession } from '@/features/signin/session'
import { onPushed, useConnection } from '@/realtime/connection'
import type { EventData } from '@/realtime/events'
import { closeNotes, showNote, type Note } from './browser'
import { callFor, type Occurrence } from './rules'
import { useNotificationSettings } from './settings'
import { play } from './sound'
import { useTabs } from './tabs'

/** Where a DING's confirmation waits. */
const DINGS = '/dings/received'
const CONCERNED_WITHIN_MS = 10_000
/** After hours without a network a screen full of notifications would hide the one that matters: the title counts the rest. */
const MOST_AT_ONCE = 3

/** Calls the official for what is pushed, by the rules; lives as long as the workspace is open. */
export function useCalls(): void {
  const { t } = useI18n()
  const router = useRouter()
  const session = useSession()
  const conversations = useConversations()
  const dings = useDings()
  const inbox = useInbox()
  const preferences = useNotificationSettings()
  const summaryOf = useSummary()
  const tabs = useTabs()
  const connection = useConnection()
  /** Nothing rings before it is known whether it may; what was changed elsewhere meanwhile is asked for again. */
  let known = loadRules()

  function loadRules(): Promise<void> {
    return preferences.load().catch(() => undefined)
  }

  watch(
    () => connection.connected,
    (connected) => connected && (known = loadRules()),
  )

  async function call(what: Occurrence, note: Omit<Note, 'stays'>): Promise<void> {
    if (!tabs.isRinger()) return
    await known
    const { sound } = preferences.settings
    const verdict = callFor(what, { attentive: await tabs.isWatched(), quiet: preferences.quiet, sound })
    if (verdict.sound !== 'none') void play(verdict.sound)
    if (verdict.notification) await showNote({ ...note, stays: verdict.stays })
  }

  /** The words only for who wants them to be seen by whoever stands at the screen. */
  const words = (text: string, instead: string) => (preferences.settings.preview ? text : instead)

  /** The newest message of each conversation that has called, or was there when the page opened. */
  const told = new Map<string, number>()

  /** Whichever way a message came: pushed, or pulled after a time without a connection. */
  function onNewest(): void {
    const changed: Conversation[] = []
    for (const conversation of conversations.byId.values()) {
      const seq = conversation.last_message?.seq ?? 0
      if (seq > (told.get(conversation.id) ?? 0) && conversation.unread > 0) changed.push(conversation)
    }
    const before = new Map(told)
    for (const { id, last_message } of conversations.byId.values()) told.set(id, Math.max(last_message?.seq ?? 0, told.get(id) ?? 0))
    for (const conversation of changed.slice(-MOST_AT_ONCE)) void onMessage(conversation, before.get(conversation.id) ?? 0)
  }

  async function onMessage(conversation: Conversation, before: number): Promise<void> {
    const message = conversation.last_message
    if (!message) return
    const direct = conversation.kind === 'direct'
    const who = message.sender.name
    const what = summaryOf(message)
    await call(
      {
        kind: 'message',
        mine: message.sender.id === session.officialId,
        notice: message.kind === 'notice',
        mentionsMe: mentionsMe(message, session.officialId) || (conversation.mentioned?.seq ?? 0) > before,
        muted: conversation.my?.muted ?? false,
      },
      {
        tag: `conversation-${conversation.id}`,
        title: direct ? who : conversation.name,
        body: words(direct ? what : t('common.said', { who, what }), t('attention.newMessage')),
        path: `/messages/${conversation.id}?seq=${message.seq}`,
      },
    )
  }

  async function onDing(ding: Ding): Promise<void> {
    const title = t('attention.dingFrom', { name: ding.sender.name })
    const body = words(ding.text, t('attention.newDing'))
    const mine = ding.sender.id === session.officialId
    await call({ kind: 'ding', mine, confirmed: false }, { tag: `ding-${ding.id}`, title, body, path: DINGS })
  }

  function onDirective({ directive_id, title, urgency, event }: EventData['directive.issued']): void {
    const exercise = event.mode === 'exercise'
    const body = words(title, t(exercise ? 'attention.newExercise' : 'attention.newDirective'))
    const heading = t(exercise ? 'shell.newExercise' : 'shell.newDirective')
    const note = { tag: `directive-${directive_id}`, title: heading, body, path: '/directives/received' }
    // It is pushed to all whom it may concern; a call is for those whose unit is to acknowledge it.
    const concerned = () => [...inbox.byId.values()].some(({ directive }) => directive.id === directive_id)
    const tell = () => void call({ kind: 'directive', urgency }, note)
    if (concerned()) return tell()
    const end = watch(concerned, (found) => {
      if (found) tell()
      end()
    })
    setTimeout(end, CONCERNED_WITHIN_MS)
  }

  // A DING that is confirmed, wherever, has left those that wait; one that is repeated is there if it is not.
  watch(
    () => dings.waiting.items.map(({ id, step }) => `${id}/${step}`),
    (now, before) => {
      const [ids, known] = [new Set(dings.waiting.items.map(({ id }) => id)), new Set(before)]
      for (const key of before) if (!ids.has(key.split('/')[0] ?? '')) void closeNotes(`ding-${key.split('/')[0]}`)
      for (const ding of dings.waiting.items) {
        if (!known.has(`${ding.id}/${ding.step}`) && now.includes(`${ding.id}/${ding.step}`)) void onDing(ding)
      }
    },
  )
  // What was there when the page opened calls nobody: its marks show it.
  watch(
    () => conversations.loaded && [...conversations.byId.values()].map(({ id, last_message }) => `${id}/${last_message?.seq ?? 0}`),
    (now, before) => {
      if (now && before) return onNewest()
      if (now) for (const { id, last_message } of conversations.byId.values()) told.set(id, last_message?.seq ?? 0)
    },
    { immediate: true },
  )
  // What has been read is told no longer.
  watch(
    () => [...conversations.byId.values()].filter(({ unread }) => unread === 0).map(({ id }) => id),
    (read, before) => {
      const known = new Set(before)
      for (const id of read) if (!known.has(id)) void closeNotes(`conversation-${id}`)
    },
  )

  const open = (path: string) => void router.push(path)
  const onWorker = ({ data }: MessageEvent) => data?.type === 'open' && open(String(data.path))
  const onNote = (event: Event) => open(String((event as CustomEvent).detail))
  const worker = (navigator as { serviceWorker?: ServiceWorkerContainer }).serviceWorker
  worker?.addEventListener('message', onWorker)
  window.addEventListener('zzd:open', onNote)

  const ends = [
    onPushed('directive.issued', onDirective),
    onPushed('notifications.updated', preferences.take),
    tabs.end,
    () => worker?.removeEventListener('message', onWorker),
    () => window.removeEventListener('zzd:open', onNote),
  ]
  onScopeDispose(() => ends.forEach((end) => end()))
}
