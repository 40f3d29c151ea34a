import { readonly, ref } from 'vue'

const attentive = ref(isAttentive())

function isAttentive(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus()
}

function look(): void {
  attentive.value = isAttentive()
}

document.addEventListener('visibilitychange', look)
window.addEventListener('focus', look)
window.addEventListener('blur', look)

/** Only what lies before somebody's eyes may be marked as read. */
export function useAttention() {
  return readonly(attentive)
}
