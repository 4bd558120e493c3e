/** A trace on the disk: its head at once, its lines one after the other, however long it is. */

import { closeSync, openSync, readSync } from 'node:fs'
import { limits } from '../../base/limits.js'
import { Fault } from '../../contract/faults.js'
import { type ScanTraceHead, type ScanTraceLine, scanTraceHead, scanTraceLine } from '../../contract/scan-trace.js'

const CHUNK_BYTES = 256 * 1024

/** Throws a `Fault`, TRACE_UNUSABLE, for what is no trace. */
export class TraceFile {
  readonly head: ScanTraceHead
  readonly #file: string
  readonly #handle: number
  #chunk = Buffer.alloc(0)
  #chunkAt = 0
  #number = 0

  constructor(file: string) {
    this.#file = file
    try {
      this.#handle = openSync(file, 'r')
    } catch (cause) {
      throw new Fault('TRACE_UNUSABLE', { file, detail: cause instanceof Error ? cause.message : '' }, cause)
    }
    try {
      const head = this.#next()
      const parsed = scanTraceHead.safeParse(head)
      if (!parsed.success) throw this.#fault(head === null ? 'it is empty' : 'the first line is no head of a scan trace')
      this.head = parsed.data
    } catch (thrown) {
      this.close()
      throw thrown
    }
  }

  /** `null` behind the last line. A last line that was never finished is none: a recorder may have lost its power. */
  next(): ScanTraceLine | null {
    const value = this.#next()
    if (value === null) return null
    const parsed = scanTraceLine.safeParse(value)
    if (!parsed.success) throw this.#fault('it is no line of a scan trace')
    return parsed.data
  }

  close(): void { closeSync(this.#handle) }

  #next(): unknown {
    const end = this.#lineEnd()
    if (end === -1) return null
    const text = this.#chunk.toString('utf8', 0, end)
    this.#chunk = this.#chunk.subarray(end + 1)
    this.#number++
    if (text.trim() === '') return this.#next()
    try {
      return JSON.parse(text) as unknown
    } catch {
      throw this.#fault('it is no JSON')
    }
  }

  /** Where the next line ends in the chunk, which is made as long as the line is; -1 when there is none. */
  #lineEnd(): number {
    for (;;) {
      const end = this.#chunk.indexOf(10)
      if (end !== -1) return end
      if (this.#chunk.length > limits.scanTraceLineBytesMax) throw this.#fault('it is too long')
      const more = Buffer.alloc(CHUNK_BYTES)
      const count = readSync(this.#handle, more, 0, CHUNK_BYTES, this.#chunkAt)
      if (count === 0) return -1
      this.#chunkAt += count
      this.#chunk = Buffer.concat([this.#chunk, more.subarray(0, count)])
    }
  }

  #fault(detail: string): Fault { return new Fault('TRACE_UNUSABLE', { file: this.#file, line: Math.max(1, this.#number), detail }) }
}
