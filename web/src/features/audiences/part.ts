import { onMounted } from 'vue'
import { useI18n } from 'vue-i18n'
import { useLines } from './lines'

interface Part {
  levels?: number[] | null
  line?: string | null
  role?: string | null
}

/** Which levels, line and duty of a unit an audience is, in words. */
export function usePart() {
  const { t } = useI18n()
  const lines = useLines()
  onMounted(() => void lines.load().catch(() => undefined))

  return ({ levels, line, role }: Part): string => {
    const ofLevels = (levels ?? []).map((level) => t(`levels.${level}`)).join(t('common.enumeration'))
    const ofLine = lines.lines.find(({ code }) => code === line)?.name ?? line
    return [ofLevels, ofLine, role && t(`roles.${role}`)].filter(Boolean).join(' ')
  }
}
