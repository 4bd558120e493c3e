/** How the sockets are doing, counted. */

import { createHistogram } from 'node:perf_hooks'
import type { SocketStats } from '../../contract/endpoints/sockets.js'

export class Stats {
  readonly #sent = new Map<string, number>()
  readonly #fanOutUs = createHistogram()
  #resumed = 0

  sent(type: string, count = 1): void {
    if (count > 0) this.#sent.set(type, (this.#sent.get(type) ?? 0) + count)
  }

  resumed(): void { this.#resumed++ }

  /** From a turn's announcement to the moment its frames were handed to every connection. */
  fannedOut(ms: number): void { this.#fanOutUs.record(Math.max(1, Math.round(ms * 1_000))) }

  report(now: { readonly connections: number; readonly queuedBytes: number; readonly slowCount: number }): SocketStats {
    const ms = (percentile: number): number => this.#fanOutUs.count === 0 ? 0 : this.#fanOutUs.percentile(percentile) / 1_000
    return {
      connections: now.connections,
      sent: Object.fromEntries([...this.#sent].sort(([a], [b]) => a < b ? -1 : 1)),
      queued_bytes: now.queuedBytes,
      resumed: this.#resumed,
      closed_too_slow: now.slowCount,
      fan_out_milliseconds: { p50: ms(50), p99: ms(99) },
    }
  }
}
