/** What `connect` needs: the exact origins at which officials open the client. */
export interface ConnectOptions {
  origins: string[]
  /** Milliseconds until a call that asks no person is given up: 10,000. */
  timeout?: number
}

export type Permission = 'location' | 'camera'

export interface Official {
  /** By which the supplier's apps know the official, as `sub`; the platform's id with `identity.id`. */
  id: string
  name: string
  post_title: string
  unit_name: string
}

export interface Unit {
  id: string
  name: string
  level: number
}

export interface Launch {
  code: string
  redirect_uri: string
  state: string | null
  expires_at: string
}

export interface Context {
  language: 'zh' | 'en'
  theme: 'light' | 'dark'
  app: { id: string; app_id: string; scopes: string[] }
  /** Null without the scope `identity`. */
  user: { name: string } | null
}

export interface Place {
  latitude: number
  longitude: number
  /** Metres. */
  accuracy: number
}

export interface UploadedFile {
  id: string
  name: string
  size: number
  type: string
}

export declare class ZzdError extends Error {
  /**
   * `not_framed`, `no_answer`, `unknown_call`, `scope_missing`, `declined` (by the official),
   * `busy` (another question is open), `not_available` (this device cannot), `invalid`, or a
   * code of the API.
   */
  readonly code: string
  constructor(code: string, message?: string)
}

/** The calls. In brackets the scope that the app must hold. */
export interface Zzd {
  /** The client's origin, as it answered. */
  readonly origin: string
  ready(): Promise<{ version: number; calls: string[] }>
  /** A single-use code, 5 minutes, with which the app's server learns who opened it; with a `nonce` by an ID token, too. */
  getLaunchCode(params: {
    code_challenge: string
    redirect_uri: string
    state?: string
    nonce?: string
  }): Promise<Launch>
  getContext(): Promise<Context>
  /** [contacts.read] The official picks people; what they picked, an empty list for none. */
  chooseOfficials(params?: { title?: string; most?: number }): Promise<{ items: Official[] }>
  /** [units.read] */
  chooseUnits(params?: { title?: string; most?: number }): Promise<{ items: Unit[] }>
  /** [messages.send] The official is asked, and is the group's owner. */
  createGroup(params: { name: string; official_ids: string[] }): Promise<{ conversation_id: string }>
  /** [contacts.read] Leaves the app: the conversation with an official, or one of a known id. */
  openChat(params: { official_id: string } | { conversation_id: string }): Promise<void>
  /** [dings.send] The official is asked, with the text and whom it goes to. */
  ding(params: { official_ids: string[]; text: string }): Promise<{ id: string }>
  setTitle(params: { title: string }): Promise<void>
  /** A number on the app's tile for this official; 0 takes it away. */
  setBadge(params: { count: number }): Promise<void>
  navigateBack(): Promise<void>
  /** [messages.send] The official picks a file; it is theirs, and the app may send it for them, or read it [files.read]. */
  upload(params?: { accept?: string }): Promise<UploadedFile>
  /** The official is asked once. */
  location(): Promise<Place>
  /** A bar code or QR code; the official is asked once. */
  scan(): Promise<{ text: string; format: string }>
  requestPermission(params: { name: Permission }): Promise<{ state: 'granted' | 'denied' }>
}

export declare const VERSION: 1
export declare function isFramed(): boolean
export declare function connect(options: ConnectOptions): Promise<Zzd>
