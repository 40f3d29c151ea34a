import { onScopeDispose, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { ApiProblem, asProblem, warnings, type Fault } from '@/api'
import type { CapWarning, WarningBrief } from '@/api/warnings'
import { usePages } from '@/lib/pages'
import { useResource } from '@/lib/resource'
import { onPushed, useConnection } from '@/realtime/connection'

/** Calls back whenever warnings may have changed: what was pushed, and after every break. */
function whenChanged(changed: (id: string | null) => void): void {
  const connection = useConnection()
  const ends = [
    onPushed('warning.received', ({ warning_id }) => changed(warning_id)),
    onPushed('warning.updated', ({ warning_id }) => changed(warning_id)),
    watch(
      () => connection.connected,
      (up) => up && changed(null),
    ),
  ]
  onScopeDispose(() => ends.forEach((end) => end()))
}

export function useWarningList() {
  const list = usePages<WarningBrief>(warnings.list)
  whenChanged(() => void list.reload())
  void list.reload()
  return list
}

export function useWarning(id: string) {
  const warning = useResource<CapWarning, []>((signal) => warnings.one(id, signal))
  whenChanged((changed) => {
    if (changed === null || changed === id) void warning.load()
  })
  void warning.load()
  return warning
}

/** The last attempt to import a file: under way, or what was wrong with which file. */
export function useImport(done: (warning: CapWarning) => void) {
  const busy = ref(false)
  const refused = ref<{ file: string; problem: ApiProblem } | null>(null)

  async function take(file: File): Promise<void> {
    if (busy.value) return
    busy.value = true
    refused.value = null
    try {
      done(await warnings.take(file))
    } catch (error) {
      refused.value = { file: file.name, problem: asProblem(error) }
    } finally {
      busy.value = false
    }
  }

  return { busy, refused, take }
}

/** What is wrong, in the reader's language where the rule is known by name. */
export function useFaultText() {
  const { t, te } = useI18n()
  return (fault: Fault): string => {
    const key = `warnings.rules.${fault.rule ?? ''}`
    return fault.rule && te(key) ? t(key) : fault.detail
  }
}

/** What of the document decided the proposed level. */
export function useBasisText() {
  const { t, te } = useI18n()
  return (basis: string): string => {
    const [source = '', said = ''] = basis.split(': ', 2)
    const key = `warnings.basis.${source}`
    if (!te(key)) return basis
    const word = `warnings.words.${said}`
    return t(key, { said: te(word) ? t(word) : basis.slice(source.length + 2) })
  }
}
