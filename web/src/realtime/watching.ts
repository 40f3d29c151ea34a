import { onScopeDispose, watch } from 'vue'
import { onPushed, useConnection } from './connection'

/**
 * Calls `join` as soon as there is a connection, with each new one, and whenever the server looked anew at where one
 * belongs: it then forgets what a socket had asked to be told of, and what came meanwhile was not heard.
 */
export function keepWatching(join: () => void): void {
  const connection = useConnection()
  watch(
    () => connection.connected,
    (connected) => {
      if (connected) join()
    },
    { immediate: true },
  )
  onScopeDispose(onPushed('rooms.resync', join))
}
