/** What an app must hold to be heard, and what it may say: the rules of the bridge, without a screen. */

export type Permission = 'location' | 'camera'

interface Rule {
  /** Of the scopes that were consented to for the official. */
  scope?: string
  /** What the official must have allowed on this device. */
  permission?: Permission
}

export const CALLS = {
  ready: {},
  getLaunchCode: {},
  getContext: {},
  setTitle: {},
  setBadge: {},
  navigateBack: {},
  requestPermission: {},
  chooseOfficials: { scope: 'contacts.read' },
  openChat: { scope: 'contacts.read' },
  chooseUnits: { scope: 'units.read' },
  createGroup: { scope: 'messages.send' },
  ding: { scope: 'dings.send' },
  upload: { scope: 'messages.send' },
  location: { permission: 'location' },
  scan: { permission: 'camera' },
} as const satisfies Record<string, Rule>

export type CallName = keyof typeof CALLS

/** A refusal in the words of the bridge: stable codes, which `sdk/js/zzd.d.ts` lists. */
export class BridgeFault extends Error {
  constructor(
    readonly code: 'scope_missing' | 'declined' | 'busy' | 'not_available' | 'invalid',
    message = '',
  ) {
    super(message || code)
  }
}

/** Throws unless the app was granted what the call needs. */
export function checkScope(call: CallName, scopes: readonly string[]): void {
  const { scope } = CALLS[call] as Rule
  if (scope && !scopes.includes(scope)) throw new BridgeFault('scope_missing', `${call} needs the scope ${scope}`)
}

export const permissionOf = (call: CallName): Permission | undefined => (CALLS[call] as Rule).permission

type Params = Record<string, unknown>

/** A text of the call's parameters; anything else is a fault of the app, and said so. */
export function text(params: Params, name: string, longest: number): string {
  const value = params[name]
  if (typeof value !== 'string' || value.trim() === '' || value.length > longest)
    throw new BridgeFault('invalid', `${name}: a text of 1 to ${longest} characters`)
  return value.trim()
}

const IDS = /^\d{1,18}$/
/** Officials go by names that are the supplier's own, or by ids where a scope grants them. */
export const NAMES = /^[\w-]{1,64}$/

export function ids(params: Params, name: string, most: number, like = IDS): string[] {
  const value = params[name]
  const good = Array.isArray(value) && value.length > 0 && value.length <= most
  if (!good || !value.every((id) => typeof id === 'string' && like.test(id)))
    throw new BridgeFault('invalid', `${name}: 1 to ${most} ids`)
  return [...new Set(value as string[])]
}

export function count(params: Params, name: string, least: number, most: number, usual?: number): number {
  const value = params[name] ?? usual
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    throw new BridgeFault('invalid', `${name}: a whole number from ${least} to ${most}`)
  return value as number
}
