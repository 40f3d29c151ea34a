import { defineStore } from 'pinia'
import { io, type Socket } from 'socket.io-client'
import { computed, ref } from 'vue'
import { EVENT_NAMES, EventBus, SeenEvents, type PushedEvent } from './events'

const bus = new EventBus()
export const onPushed = bus.on.bind(bus)

/** Reconnecting takes less than this on a healthy network, and is then not worth telling. */
const SILENT_MS = 1_200
const REJOIN_MIN_MS = 400
const REJOIN_SPREAD_MS = 1_200
/** An attempt that is younger may yet succeed. */
const PATIENCE_MS = 2_000

export const useConnection = defineStore('connection', () => {
  const connected = ref(false)
  const toldOffline = ref(false)
  const attempts = ref(0)
  let socket: Socket | null = null
  let silence: ReturnType<typeof setTimeout> | null = null
  let rejoin: ReturnType<typeof setTimeout> | null = null
  let tried = 0
  let onConnected: () => void = () => undefined
  let onRefused: () => void = () => undefined

  const offline = computed(() => !connected.value && toldOffline.value)

  function noteDown(): void {
    connected.value = false
    silence ??= setTimeout(() => (toldOffline.value = true), SILENT_MS)
  }

  function noteUp(): void {
    if (silence) clearTimeout(silence)
    silence = null
    toldOffline.value = false
    connected.value = true
    attempts.value = 0
    onConnected()
  }

  function rejoinSoon(): void {
    if (rejoin) clearTimeout(rejoin)
    rejoin = setTimeout(() => socket?.connect(), REJOIN_MIN_MS + Math.random() * REJOIN_SPREAD_MS)
  }

  function open(): void {
    close()
    const seen = new SeenEvents()
    socket = io({
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      withCredentials: true,
      reconnectionDelay: 600,
      reconnectionDelayMax: 5_000,
      randomizationFactor: 0.6,
      timeout: 10_000,
    })
    socket.io.on('reconnect_attempt', () => (tried = Date.now()))
    socket.on('connect', noteUp)
    socket.on('disconnect', (reason) => {
      noteDown()
      // The library does not come back by itself after the server has closed the socket (a restart, a moved room).
      if (reason === 'io server disconnect') rejoinSoon()
    })
    socket.on('connect_error', () => {
      attempts.value += 1
      noteDown()
      // An inactive socket means the server answered and refused: the session may have ended.
      if (socket && !socket.active) {
        onRefused()
        rejoinSoon()
      }
    })
    for (const name of EVENT_NAMES) {
      socket.on(name, (event: PushedEvent) => {
        if (!seen.isRepeat(event.id)) bus.emit(name, event.data as never)
      })
    }
  }

  function close(): void {
    for (const timer of [silence, rejoin]) if (timer) clearTimeout(timer)
    silence = null
    rejoin = null
    socket?.removeAllListeners()
    socket?.io.off('reconnect_attempt')
    socket?.disconnect()
    socket = null
    connected.value = false
    toldOffline.value = false
  }

  /** The way back for people who know that the network is there again. */
  function retryNow(): void {
    tried = Date.now()
    socket?.disconnect().connect()
  }

  /** Something has just got through: the server is there again, also for a socket that still waits for its turn. */
  function noteReached(): void {
    if (!socket || connected.value) return
    const left = PATIENCE_MS - (Date.now() - tried)
    if (rejoin) clearTimeout(rejoin)
    if (left > 0) rejoin = setTimeout(noteReached, left)
    else retryNow()
  }

  return {
    connected,
    offline,
    attempts,
    open,
    close,
    retryNow,
    noteReached,
    send: (event: string, data: unknown) => socket?.emit(event, data),
    ask: <T>(event: string, data: unknown, answered: (answer: T) => void) => socket?.emit(event, data, answered),
    whenConnected: (callback: () => void) => (onConnected = callback),
    whenRefused: (callback: () => void) => (onRefused = callback),
  }
})
