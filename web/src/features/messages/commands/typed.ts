import type { Command, CommandCall } from '@/api/commands'

/** What is typed after a "/" at the very beginning, as long as it is one word; null where nothing is asked for. */
export function typedName(text: string): string | null {
  const found = /^\/([a-z0-9_]{0,64})$/i.exec(text)
  return found ? (found[1] ?? '').toLowerCase() : null
}

/** Those whose name begins so, then those whose words have it somewhere. */
export function matching(commands: Command[], typed: string): Command[] {
  const words = ({ title, app }: Command) => [title.zh, title.en, app.name.zh, app.name.en].join(' ').toLowerCase()
  const starting = commands.filter(({ name }) => name.startsWith(typed))
  return [...starting, ...commands.filter((each) => !starting.includes(each) && words(each).includes(typed))]
}

export interface Asked {
  command: Command
  text: string
}

/** The command that a text is; of several apps' with one name the one that was picked. Any other text is a message. */
export function commandIn(text: string, commands: Command[], picked: Command | null): Asked | null {
  const found = /^\/([a-z][a-z0-9_]*)(?:\s+([\s\S]*))?$/.exec(text.trim())
  if (!found) return null
  const named = commands.filter(({ name }) => name === found[1])
  const command = named.find(({ app }) => app.id === picked?.app.id) ?? named[0]
  return command ? { command, text: (found[2] ?? '').trim() } : null
}

/** What I asked, the last at the end. What is settled stays so: an answer may overtake the one before it. */
export function withCall(calls: CommandCall[], call: CommandCall): CommandCall[] {
  const known = calls.find(({ id }) => id === call.id)
  if (known && known.state !== 'waiting') return calls
  // What everybody sees needs no line of its own.
  const shown = call.seq === null ? [call] : []
  if (!known) return [...calls, ...shown]
  return calls.flatMap((each) => (each.id === call.id ? shown : [each]))
}
