import { post } from './client'

/** What an authenticator app is given; the server shows it this once. */
export interface Offer {
  secret: string
  uri: string
}

interface RecoveryCodes {
  recovery_codes: string[]
}

/** `code`: of the factor in force, which is replaced. */
export const offer = (password: string, code: string) =>
  post<Offer>('/me/second-factor', code ? { password, code } : { password })

export const confirm = (code: string) => post<RecoveryCodes>('/me/second-factor/confirmation', { code })

export const renewRecoveryCodes = (password: string, code: string) =>
  post<RecoveryCodes>('/me/second-factor/recovery-codes', { password, code })

export const turnOff = (password: string, code: string) =>
  post<null>('/me/second-factor/removal', { password, code })
