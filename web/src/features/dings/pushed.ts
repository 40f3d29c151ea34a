import { onPushed } from '@/realtime/connection'
import { useDings } from './dings'

export function followDings(): (() => void)[] {
  const dings = useDings()
  return [
    onPushed('ding.created', (ding) => dings.receive(ding)),
    onPushed('ding.repeated', (ding) => void dings.receiveAgain(ding)),
    onPushed('ding.cancelled', ({ ding_id }) => dings.noteCancelled(ding_id)),
    onPushed('ding.receipt', ({ ding_id, my }) => dings.noteAnswer({ id: ding_id, my })),
  ]
}
