const BROWSERS: [string, RegExp][] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+)/],
  ['WeChat', /\bMicroMessenger\/(\d+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Headless)?(?:Chrome|CriOS)\/(\d+)/],
  ['Safari', /\bVersion\/(\d+).*\bSafari\b/],
]
const SYSTEMS: [string, RegExp][] = [
  ['HarmonyOS', /HarmonyOS|OpenHarmony/],
  ['Android', /Android/],
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux/],
]
const LONGEST = 100

/** "Chrome 140 · Windows": what people recognise their device by. An agent that is not known is quoted. */
export function deviceName(userAgent: string): string {
  let browser = ''
  for (const [name, pattern] of BROWSERS) {
    const found = pattern.exec(userAgent)
    if (found && !browser) browser = `${name} ${found[1]}`
  }
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? ''
  return [browser, system].filter(Boolean).join(' · ') || userAgent.slice(0, LONGEST)
}
