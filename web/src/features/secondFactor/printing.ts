import './printing.css'

/** Prints a sheet with these lines and nothing of the screen. */
export function printLines(title: string, lines: string[], foot: string): void {
  const sheet = document.createElement('section')
  sheet.className = 'printed-sheet'
  const heading = document.createElement('h1')
  heading.textContent = title
  const list = document.createElement('ol')
  for (const line of lines) {
    const item = document.createElement('li')
    item.textContent = line
    list.append(item)
  }
  const below = document.createElement('p')
  below.textContent = foot
  sheet.append(heading, list, below)
  document.body.append(sheet)
  document.documentElement.classList.add('prints-sheet')
  try {
    window.print()
  } finally {
    document.documentElement.classList.remove('prints-sheet')
    sheet.remove()
  }
}
