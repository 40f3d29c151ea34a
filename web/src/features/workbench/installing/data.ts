import { installations } from '@/api'
import { useResource } from '@/lib/resource'

/** What is installed for my units, and what may be installed. */
export function useInstallations() {
  const installed = useResource(async () => (await installations.installations()).items)
  const installable = useResource(async () => (await installations.installable()).items)
  void installed.load()
  void installable.load()
  return { installed, installable }
}
