import { computed } from 'vue'
import { useSession } from '@/features/signin/session'

/** What the caller may do with records: nobody both makes and checks. The server decides again. */
export function useDuties() {
  const session = useSession()
  return computed(() => {
    const has = (role: string) => session.me?.grants.some((grant) => grant.role === role) ?? false
    const security = has('security_admin')
    const audit = has('audit_admin')
    return { sees: security || audit, makesRules: security, placesHolds: audit, takesOut: security }
  })
}
