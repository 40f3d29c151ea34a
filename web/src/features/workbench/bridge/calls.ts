import type { Router } from 'vue-router'
import { messaging, miniapps, orgtree } from '@/api'
import type { Official, OpenedApp } from '@/api/types'
import { composeDing, dingDraft } from '@/features/dings/compose'
import { whereAmI } from '@/features/messages/composer/place'
import { startTransfer } from '@/features/messages/files/transfer'
import { newClientId } from '@/offline/clientId'
import type { BridgeCalls } from './bridge'
import { allow, isAllowed } from './permissions'
import type { Ask } from './questions'
import { BridgeFault, CALLS, type CallName, checkScope, count, ids, NAMES, type Permission, permissionOf, text } from './rules'

const TITLE_LENGTH = 40
const MOST_PICKED = 200

export interface Surroundings {
  app: OpenedApp
  accountId: string
  userName: string
  language: string
  router: Router
  ask: Ask
  setTitle: (title: string) => void
  setBadge: (count: number) => Promise<void>
  /** Of what was picked, what the app may know of; the official is told of the rest. */
  told: <Thing extends { id: string; name: string }>(picked: Thing[], known: string[]) => Thing[]
}

/** The calls of one app's bridge. Each is heard only with the scope and the permission that it needs. */
export function makeCalls(around: Surroundings): BridgeCalls {
  const { app, ask } = around
  const handlers: Record<CallName, (params: Record<string, unknown>) => unknown> = {
    ready: () => ({ version: 1, calls: Object.keys(CALLS) }),
    getLaunchCode: (params) =>
      miniapps.launch(app.id, {
        code_challenge: String(params.code_challenge ?? ''),
        code_challenge_method: 'S256',
        redirect_uri: String(params.redirect_uri ?? ''),
        ...(typeof params.state === 'string' && { state: params.state }),
        ...(typeof params.nonce === 'string' && { nonce: params.nonce }),
      }),
    getContext: () => ({
      language: around.language,
      theme: 'light',
      app: { id: app.id, app_id: app.app_id, scopes: app.scopes },
      user: app.scopes.includes('identity') ? { name: around.userName } : null,
    }),
    setTitle: (params) => around.setTitle(String(params.title ?? '').slice(0, TITLE_LENGTH)),
    setBadge: (params) => around.setBadge(count(params, 'count', 0, 999)),
    navigateBack: async () => void (await around.router.push({ name: 'workbench' })),
    requestPermission: async (params) => {
      if (params.name !== 'location' && params.name !== 'camera') throw new BridgeFault('invalid', 'name')
      return { state: (await isGiven(around, params.name)) ? 'granted' : 'denied' }
    },
    chooseOfficials: async (params) => {
      const most = count(params, 'most', 1, MOST_PICKED, MOST_PICKED)
      const picked = await ask({ kind: 'officials', title: titleOf(params), most })
      const { official_ids, known_as } = await miniapps.known(app.id, { official_ids: picked.map(({ id }) => id) })
      const names = new Map(official_ids.map((id, index) => [id, known_as[index] ?? '']))
      return { items: around.told(picked, official_ids).map((one) => ({ ...briefly(one), id: names.get(one.id) })) }
    },
    chooseUnits: async (params) => {
      const most = count(params, 'most', 1, MOST_PICKED, MOST_PICKED)
      const picked = await ask({ kind: 'units', title: titleOf(params), most })
      const { unit_ids } = await miniapps.known(app.id, { unit_ids: picked.map(({ id }) => id) })
      return { items: around.told(picked, unit_ids).map(({ id, name, level }) => ({ id, name, level })) }
    },
    createGroup: async (params) => {
      const name = text(params, 'name', 50)
      const people = await everybody(app, ids(params, 'official_ids', MOST_PICKED, NAMES))
      await ask({ kind: 'group', name, people })
      const made = await messaging.createConversation({
        kind: 'group',
        name,
        official_ids: people.map(({ id }) => id),
        client_id: newClientId(),
      })
      return { conversation_id: made.id }
    },
    openChat: async (params) => {
      const id = params.conversation_id ? ids({ id: [params.conversation_id] }, 'id', 1)[0] : await directWith(app, params)
      await around.router.push({ name: 'messages', params: { id } })
    },
    ding: async (params) => {
      if (dingDraft.value) throw new BridgeFault('busy')
      const officials = await everybody(app, ids(params, 'official_ids', MOST_PICKED, NAMES))
      // The official reads it, changes it, and sends it or not: the app only puts it before them.
      const id = await composeDing({ text: text(params, 'text', 500), officials, stays: true })
      if (id === null) throw new BridgeFault('declined')
      return { id }
    },
    upload: async (params) => {
      const accept = typeof params.accept === 'string' ? params.accept.slice(0, 200) : ''
      const file = await ask({ kind: 'file', accept })
      const id = await new Promise<string>((resolve, reject) => {
        startTransfer(file, newClientId(), { placed: () => {}, progress: () => {}, failed: reject, arrived: resolve }, null, true)
      })
      await miniapps.handOver(app.id, id)
      return { id, name: file.name, size: file.size, type: file.type }
    },
    location: async () => {
      const { coords } = await whereAmI().catch(() => {
        throw new BridgeFault('not_available')
      })
      return { latitude: coords.latitude, longitude: coords.longitude, accuracy: coords.accuracy }
    },
    scan: () => {
      if (!('BarcodeDetector' in window) || !navigator.mediaDevices) throw new BridgeFault('not_available')
      return ask({ kind: 'scan' })
    },
  }

  const guarded = Object.entries(handlers).map(([name, handle]) => [
    name,
    async (params: Record<string, unknown>) => {
      checkScope(name as CallName, app.scopes)
      const permission = permissionOf(name as CallName)
      if (permission && !(await isGiven(around, permission))) throw new BridgeFault('declined')
      return handle(params)
    },
  ])
  return Object.fromEntries(guarded) as BridgeCalls
}

async function isGiven({ accountId, app, ask }: Surroundings, name: Permission): Promise<boolean> {
  if (isAllowed(accountId, app.id, name)) return true
  try {
    await ask({ kind: 'permission', name })
  } catch (fault) {
    if (fault instanceof BridgeFault && fault.code === 'declined') return false
    throw fault
  }
  allow(accountId, app.id, name)
  return true
}

const titleOf = (params: Record<string, unknown>) => String(params.title ?? '').slice(0, TITLE_LENGTH)

/** Whom an app means: it names officials by names of its supplier's own. */
async function everybody(app: OpenedApp, said: string[]): Promise<Official[]> {
  const { official_ids } = await miniapps.meant(app.id, said)
  return Promise.all(official_ids.map((id) => orgtree.official(id)))
}

async function directWith(app: OpenedApp, params: Record<string, unknown>): Promise<string> {
  const said = ids({ official_ids: [params.official_id] }, 'official_ids', 1, NAMES)
  const [official] = (await miniapps.meant(app.id, said)).official_ids
  const made = await messaging.createConversation({ kind: 'direct', official_ids: [official ?? ''], client_id: newClientId() })
  return made.id
}

function briefly({ id, name, posts }: Official) {
  const post = posts.find((one) => one.is_primary) ?? posts[0]
  return { id, name, post_title: post?.title ?? '', unit_name: post?.unit.name ?? '' }
}
