import { installations } from '@/api'
import type { Installable, Installation } from '@/api/types'
import { allPages } from '@/lib/allPages'
import { debounce } from '@/lib/debounce'
import { usePages } from '@/lib/pages'
import { useResource } from '@/lib/resource'
import { ref, watch } from 'vue'

/** What is installed for my units, and what may be installed: of hundreds, those that are searched for. */
export function useInstallations() {
  const query = ref('')
  const installed = useResource(() => allPages(installations.installations))
  const installable = usePages<Installable>((cursor) => installations.installable(query.value, cursor))
  watch(query, debounce(() => void installable.reload(), 250))
  void installed.load()
  void installable.reload()

  /** What an installed app asks for today; nothing if it is not offered any more. */
  async function askedOf({ miniapp }: Installation): Promise<Installable | undefined> {
    const own = ({ miniapp_id }: Installable) => miniapp_id === miniapp.id
    const known = installable.items.value.find(own)
    return known ?? (await allPages((cursor) => installations.installable(miniapp.name.zh, cursor))).find(own)
  }

  return { query, installed, installable, askedOf }
}
