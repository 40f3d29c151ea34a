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

  /** A voice note goes by itself once it has arrived; one that failed is told and given up. */
  function sendVoice({ file, voice }: Recording): void {
    const key = uploads.add(conversationId, file, voice)
    const end = watch(
      () => uploads.in(conversationId).find((upload) => upload.key === key),
      (upload) => {
        if (upload?.state === 'ready') send({ kind: 'file', content: filesContent([upload]) })
        else if (upload?.state === 'failed') {
          notify.warn(upload.problem ? problemText(upload.problem) : t('messages.failed'))
        } else if (upload) return
        end()
        if (upload) uploads.forget([key])
      },
    )
  }

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
