import { ElMessageBox } from 'element-plus'
import 'element-plus/es/components/message-box/style/css'
import { ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import type { NewMessage } from '@/api/messaging'
import { useNotify } from '@/lib/notify'
import { useProblemText } from '@/lib/problemText'
import type { Recording } from '../files/recorder'
import { filesContent } from '../files/tray'
import { useUploads } from '../files/uploads'
import { placeMessage, whereAmI } from './place'

/** What is sent besides words: files, a voice note, the place where one is. */
export function useExtras(conversationId: string, send: (message: NewMessage) => void) {
  const { t } = useI18n()
  const notify = useNotify()
  const problemText = useProblemText()
  const uploads = useUploads()
  const recording = ref(false)

  function sendVoice({ file, voice }: Recording): void {
    uploads.add(conversationId, file, voice)
  }

  // A voice note goes by itself once it has arrived, after a reload as well; one that failed is told and given up.
  watch(
    () => uploads.in(conversationId).filter(({ voice }) => voice),
    (notes) => {
      for (const note of notes) {
        if (note.state === 'uploading' || note.state === 'paused') continue
        if (note.state === 'ready') send({ kind: 'file', content: filesContent([note]) })
        else notify.warn(note.problem ? problemText(note.problem) : t('messages.failed'))
        uploads.forget([note.key])
      }
    },
    { immediate: true },
  )

  async function sendPlace(): Promise<void> {
    let position: GeolocationPosition
    try {
      position = await whereAmI()
    } catch {
      return void notify.warn(t('chat.noPlace'))
    }
    const answer = await ElMessageBox.prompt(t('chat.placeHint'), {
      title: t('chat.place'),
      inputValue: t('chat.myPlace'),
      inputPattern: /^.{1,100}$/,
      inputErrorMessage: t('chat.placeHint'),
      confirmButtonText: t('messages.send'),
    }).catch(() => null)
    if (answer) send(placeMessage(position, answer.value.trim()))
  }

  function addFiles(files: File[]): void {
    for (const file of files) uploads.add(conversationId, file)
  }

  return { recording, sendVoice, sendPlace, addFiles }
}
