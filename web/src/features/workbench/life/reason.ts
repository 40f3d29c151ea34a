import { ElMessageBox } from 'element-plus'
import 'element-plus/es/components/message-box/style/css'

/** Ask why; nothing where the dialog is left. */
export async function askReason(title: string, hint: string, needed = true): Promise<string | null> {
  const options = { title, inputType: 'textarea' as const, ...(needed && { inputPattern: /\S/ }) }
  const answer = await ElMessageBox.prompt(hint, options).catch(() => null)
  return answer ? (answer.value ?? '').trim() : null
}
