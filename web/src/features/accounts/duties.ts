import { computed } from 'vue'
import { useSession } from '@/features/signin/session'
import type { Account } from '@/api/types'

const SEPARATED = new Set(['system_admin', 'security_admin', 'audit_admin'])

/** What the caller may do to accounts; passwords and second factors are in different hands. The server decides again. */
export function useAccountDuties() {
  const session = useSession()
  return computed(() => {
    const has = (role: string) => session.me?.grants.some((grant) => grant.role === role) ?? false
    const system = has('system_admin')
    const security = has('security_admin')
    const own = (account: Account) => account.id === session.me?.account.id
    const operators = (account: Account) => account.roles.some((role) => SEPARATED.has(role))
    return {
      sees: system || security,
      changesStatus: (account: Account) => system && !own(account),
      resetsPassword: (account: Account) => system && !own(account) && !operators(account),
      takesFactor: (account: Account) => security && account.second_factor && !own(account) && !operators(account),
    }
  })
}
