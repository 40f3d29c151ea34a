import type { Permission } from './rules'

/**
 * What an official allowed an app on this device. Kept for the account and the app, so that the next person at the same
 * screen is asked anew; a refusal is not kept, and the app may ask again another time.
 */
const at = (accountId: string, appId: string, name: Permission) => `zzd.app.${accountId}.${appId}.${name}`

export function isAllowed(accountId: string, appId: string, name: Permission): boolean {
  try {
    return localStorage.getItem(at(accountId, appId, name)) === 'granted'
  } catch {
    return false
  }
}

export function allow(accountId: string, appId: string, name: Permission): void {
  try {
    localStorage.setItem(at(accountId, appId, name), 'granted')
  } catch {
    // Without storage one is asked each time.
  }
}
