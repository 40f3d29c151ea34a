import { computed, nextTick, ref, type Ref } from 'vue'
import type { Audience, Person } from '@/api/types'
import { insertMention, mentionQuery } from '../mentions'

interface Mentioned {
  picked: Ref<Person[]>
  part: Ref<{ text: string; audience: Audience } | null>
}

/** What is typed after an "@" in the field, and what takes its place. */
export function useMentioning(
  field: Readonly<Ref<HTMLTextAreaElement | null>>,
  words: Ref<string>,
  enabled: () => boolean,
  mentioned: Mentioned,
) {
  const caret = ref(0)
  /** Where an "@" stands that asks for nobody. */
  const dismissed = ref(-1)
  const choosingPart = ref(false)

  const query = computed(() => {
    if (!enabled()) return null
    const found = mentionQuery(words.value, caret.value)
    return found?.start === dismissed.value ? null : found
  })

  function noteCaret(): void {
    caret.value = field.value?.selectionStart ?? 0
  }

  async function moveCaret(to: number): Promise<void> {
    await nextTick()
    field.value?.focus()
    field.value?.setSelectionRange(to, to)
    noteCaret()
  }

  async function write(name: string): Promise<void> {
    if (!query.value) return
    const inserted = insertMention(words.value, query.value, name)
    words.value = inserted.text
    await moveCaret(inserted.caret)
  }

  function pick(person: Person): Promise<void> {
    mentioned.picked.value.push(person)
    return write(person.name)
  }

  function pickPart(part: { text: string; audience: Audience }): Promise<void> {
    choosingPart.value = false
    mentioned.part.value = part
    return write(part.text)
  }

  function start(): Promise<void> {
    words.value += words.value && !/\s$/.test(words.value) ? ' @' : '@'
    return moveCaret(words.value.length)
  }

  function dismiss(): void {
    dismissed.value = query.value?.start ?? -1
  }

  return { query, choosingPart, noteCaret, pick, pickPart, start, dismiss }
}
