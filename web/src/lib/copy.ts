/** Puts text on the clipboard; over plain HTTP, where browsers hide the clipboard, by way of a selection. */
export async function copyText(text: string): Promise<void> {
  // Outside a secure context the property is absent, whatever its type says.
  const clipboard = navigator.clipboard as Clipboard | undefined
  if (clipboard) return clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  field.style.opacity = '0'
  document.body.append(field)
  field.select()
  const copied = document.execCommand('copy')
  field.remove()
  if (!copied) throw new Error('The browser does not let this page copy')
}
