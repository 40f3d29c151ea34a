import type { CardAction, CardContent } from '@/api/cards'

/** What I pressed last on each button: pure, so that the list of the server and its events come to the same. */
export type Pressed = Record<string, CardAction>

export const keyOf = (action: Pick<CardAction, 'conversation_id' | 'seq' | 'button_id'>) =>
  `${action.conversation_id}/${action.seq}/${action.button_id}`

export function withAction(pressed: Pressed, action: CardAction): Pressed {
  const known = pressed[keyOf(action)]
  return known && isNewer(known, action) ? pressed : { ...pressed, [keyOf(action)]: action }
}

/** Ids grow; of one action, what is settled stays so: an answer may overtake the one before it. */
function isNewer(known: CardAction, action: CardAction): boolean {
  const [a, b] = [BigInt(known.id), BigInt(action.id)]
  return a > b || (a === b && known.state !== 'waiting')
}

export const isWaiting = (pressed: Pressed) => Object.values(pressed).some(({ state }) => state === 'waiting')

/** The last thing that became of a card by my pressing: said in words below its buttons. */
export function lastOn(pressed: Pressed, conversationId: string, seq: number): CardAction | null {
  const on = Object.values(pressed).filter((each) => each.conversation_id === conversationId && each.seq === seq)
  return on.reduce<CardAction | null>((last, each) => (last && isNewer(last, each) ? last : each), null)
}

export const hasActions = (content: CardContent) => content.buttons.some(({ action }) => action !== undefined)
