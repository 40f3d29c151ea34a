import { ElMessageBox } from 'element-plus'
import 'element-plus/es/components/message-box/style/css'
import { useI18n } from 'vue-i18n'

/** Asks why, in words that are kept; null where the official thinks better of it. */
export function useReason() {
  const { t } = useI18n()
  return async (title: string, ask: string): Promise<string | null> => {
    try {
      const answer = await ElMessageBox.prompt(ask, {
        title,
        inputType: 'textarea',
        inputPattern: /\S/,
        inputErrorMessage: t('lifecycle.reasonMissing'),
        confirmButtonText: title,
        cancelButtonText: t('common.cancel'),
      })
      return answer.value.trim()
    } catch {
      return null
    }
  }
}
