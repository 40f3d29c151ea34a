import { onScopeDispose } from 'vue'

const forms = new Set<() => boolean>()

/** What a form holds is lost when the page goes, so whoever makes it go asks first; `isUnsaved` says whether it holds any. */
export function useUnsaved(isUnsaved: () => boolean): void {
  forms.add(isUnsaved)
  onScopeDispose(() => forms.delete(isUnsaved))
}

export function anyUnsaved(): boolean {
  return [...forms].some((isUnsaved) => isUnsaved())
}

/** Its author has said that the page may go nevertheless. */
export function giveUpUnsaved(): void {
  forms.clear()
}

/** Reloads, closed tabs and typed addresses: the browser asks, in its own words. */
export function askBeforeUnload(page: Pick<Window, 'addEventListener'>): void {
  page.addEventListener('beforeunload', (event) => anyUnsaved() && event.preventDefault())
}
