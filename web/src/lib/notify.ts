import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { asProblem } from '@/api'
import { useProblemText } from './problemText'

export function useNotify() {
  const problemText = useProblemText()
  return {
    done: (message: string) => ElMessage({ type: 'success', message, grouping: true }),
    warn: (message: string) => ElMessage({ type: 'warning', message, grouping: true }),
    failed: (error: unknown) =>
      ElMessage({ type: 'error', message: problemText(asProblem(error)), grouping: true }),
  }
}
