import { ElMessageBox } from 'element-plus'
import 'element-plus/es/components/message-box/style/css'
import { useI18n } from 'vue-i18n'
import { drafts, orgtree } from '@/api'
import type { Mode } from '@/api/types'
import type { DraftDirective } from '@/features/planning/draftForm'

/** Asks, with the numbers of whom it reaches, whether it is to be issued. */
export function useIssueQuestion() {
  const { t } = useI18n()

  return async (draft: DraftDirective, mode: Mode): Promise<boolean> => {
    const reach = await Promise.all(draft.audiences.filter(({ unit_id }) => unit_id).map(orgtree.previewAudience))
    const area = draft.area ? (await drafts.previewArea(draft.area)).units : 0
    const sure = await ElMessageBox.confirm(
      t('directives.submitAsk', {
        n: reach.reduce((sum, { units }) => sum + units, 0) + area + draft.units.length,
        people: reach.reduce((sum, { officials }) => sum + officials, 0),
        title: draft.title.trim(),
        urgency: t(`directives.urgency.${draft.urgency}`),
        mode: t(`directives.${mode}`),
      }),
      { title: t('directives.submit'), type: 'warning', confirmButtonText: t('directives.submit') },
    ).catch(() => null)
    return sure !== null
  }
}
