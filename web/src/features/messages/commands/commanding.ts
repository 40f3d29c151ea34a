import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import { commands as api } from '@/api'
import type { Command } from '@/api/commands'
import { useNotify } from '@/lib/notify'
import { useCommandCalls } from './commandCalls'
import { commandIn, matching, typedName } from './typed'

/** How long what an app offers is taken for what it offers. */
const FRESH_MS = 60_000

/** What is typed after a "/" in a conversation: the commands that its apps offer, and asking one of them. */
export function useCommanding(conversationId: string, words: Ref<string>, enabled: () => boolean) {
  const calls = useCommandCalls()
  const notify = useNotify()
  const offered = shallowRef<Command[]>([])
  const state = ref<'none' | 'loading' | 'ready' | 'failed'>('none')
  const dismissed = ref(false)
  const picked = shallowRef<Command | null>(null)
  let loadedAt = 0

  const typed = computed(() => (enabled() ? typedName(words.value) : null))
  const open = computed(() => typed.value !== null && !dismissed.value)
  const shown = computed(() => (typed.value === null ? [] : matching(offered.value, typed.value)))

  watch(typed, (name) => {
    if (name === null) dismissed.value = false
  })
  watch(open, (isOpen) => isOpen && Date.now() - loadedAt > FRESH_MS && void load(), { immediate: true })

  async function load(): Promise<void> {
    if (state.value !== 'ready') state.value = 'loading'
    try {
      offered.value = (await api.list(conversationId)).items
      state.value = 'ready'
      loadedAt = Date.now()
    } catch {
      state.value = 'failed'
    }
  }

  function pick(command: Command): void {
    picked.value = command
    words.value = `/${command.name} `
  }

  /** Whether what is written is a command; then it is asked, and stands in the field again if that fails. */
  function ask(): boolean {
    const asked = enabled() ? commandIn(words.value, offered.value, picked.value) : null
    if (!asked) return false
    const written = words.value
    words.value = ''
    calls.ask(conversationId, asked.command.app.id, asked.command.name, asked.text).catch((error: unknown) => {
      if (words.value === '') words.value = written
      notify.failed(error)
    })
    return true
  }

  return { open, shown, state, load, pick, ask, dismiss: () => void (dismissed.value = true) }
}

export type Commanding = ReturnType<typeof useCommanding>
