// The clock that a past storm is replayed by: it runs, stands, goes faster and can be dragged.

export const SPEEDS = [60_000, 600_000, 3_600_000, 10_800_000]

export class Clock {
  /** `onTick(at)` hears every move. Times are milliseconds. */
  constructor({ first, last, at, onTick }) {
    Object.assign(this, { first, last, onTick, speed: SPEEDS[1], isRunning: false })
    this.at = this.within(at)
  }

  within(at) {
    return Math.min(this.last, Math.max(this.first, at))
  }

  set(at) {
    this.at = this.within(at)
    this.onTick(this.at)
  }

  start() {
    if (this.isRunning) return
    if (this.at >= this.last) this.at = this.first
    this.isRunning = true
    let before = performance.now()
    const tick = (now) => {
      if (!this.isRunning) return
      // A page that was hidden does not jump ahead for it.
      const passed = Math.min(now - before, 250)
      before = now
      this.at = this.within(this.at + (passed / 1000) * this.speed)
      if (this.at >= this.last) this.isRunning = false
      this.onTick(this.at)
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
    this.onTick(this.at)
  }

  stop() {
    this.isRunning = false
    this.onTick(this.at)
  }

  toggle() {
    if (this.isRunning) this.stop()
    else this.start()
  }
}
