/** A recorded PLC that lives on while nobody is connected: what its tags are, and whether it answers, at a place in its trace. */

import type { Ms } from '../../base/units.js'
import { type FaultCode, faults } from '../../contract/faults.js'
import type { BadQuality, ScanTraceHead, ScanTraceValue } from '../../contract/scan-trace.js'
import { TraceFile } from './file.js'

export type Held = { readonly value: ScanTraceValue } | { readonly bad: BadQuality }

export class Player {
  readonly head: ScanTraceHead
  readonly #file: string
  readonly #loops: boolean
  #trace: TraceFile
  readonly #held = new Map<string, Held>()
  #lost: FaultCode | null = null
  /** Where the current round of the trace began. */
  #roundMs: Ms = 0
  /** A line that was read and lies ahead. */
  #ahead: ReturnType<TraceFile['next']> = null
  #lastMs: Ms = 0
  #isOver = false

  constructor(file: string, loops: boolean) {
    this.#file = file
    this.#loops = loops
    this.#trace = new TraceFile(file)
    this.head = this.#trace.head
    this.#ahead = this.#trace.next()
  }

  /** Plays on until `ms` after its beginning; never back. Throws TRACE_UNUSABLE at a line that makes no sense. */
  playTo(ms: Ms): void {
    for (let line = this.#due(ms); line !== null; line = this.#due(ms)) {
      this.#lastMs = line.ms
      if ('link' in line) this.#lost = line.link === 'up' ? null : faultOf(line.fault)
      else if ('end' in line) this.#isOver = true
      else {
        for (const [name, value] of Object.entries(line.good ?? {})) this.#held.set(name, { value })
        for (const [name, bad] of Object.entries(line.bad ?? {})) this.#held.set(name, { bad })
      }
    }
  }

  held(name: string): Held | null { return this.#held.get(name) ?? null }

  /** Why the PLC does not answer here; `null` when it does. */
  trouble(): { readonly fault: FaultCode; readonly detail: string } | null {
    if (this.#lost !== null) return { fault: this.#lost, detail: 'so it was recorded' }
    return this.#isOver ? { fault: 'PLC_LINK_LOST', detail: 'the trace has ended' } : null
  }

  /** The next line that lies at or before `ms`. Behind the last one the trace begins anew, or is over. */
  #due(ms: Ms): ReturnType<TraceFile['next']> {
    if (this.#isOver && !this.#loops) return null
    if (this.#ahead === null || this.#isOver) {
      // A trace without its last line ends with its last change; one without a length would be played again and again at once.
      if (!this.#loops || this.#lastMs <= 0) { this.#isOver = true; return null }
      if (ms < this.#roundMs + this.#lastMs) return null
      this.#roundMs += this.#lastMs
      this.#begin()
    }
    const line = this.#ahead
    if (line === null || this.#roundMs + line.ms > ms) return null
    this.#ahead = this.#trace.next()
    return line
  }

  #begin(): void {
    this.#trace.close()
    this.#trace = new TraceFile(this.#file)
    this.#ahead = this.#trace.next()
    this.#isOver = false
    this.#lost = null
  }
}

const faultOf = (text: string | undefined): FaultCode => (text !== undefined && text in faults ? text as FaultCode : 'PLC_LINK_LOST')
