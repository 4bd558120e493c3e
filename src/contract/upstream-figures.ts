/** How an upstream is going, as other faces see it: its lanes, what the MES asked, the live lane and Sparkplug. */

import type { Instant } from '../base/units.js'
import type { UnsFigures } from './uns.js'
import type { Lane } from './upstream.js'

/** An upstream, as other faces see it. */
export interface UpstreamDesk {
  figures(): UpstreamFigures
  /** Resolves when a restart would know it too. */
  pause(isPaused: boolean): Promise<void>
  /** Sends facts from a number on again, which is at most the one after the bookmark. */
  resend(from: number): void
}

export interface UpstreamFigures {
  readonly name: string
  readonly url: string
  readonly connected: boolean
  /** What keeps it from working, and what to do, in plain words; `null` when nothing does. */
  readonly trouble: string | null
  /** The last there was, also when it is over. */
  readonly lastTrouble: { readonly at: Instant; readonly said: string } | null
  /** By a person; over restarts too. */
  readonly paused: boolean
  readonly sessionsCount: number
  readonly lanes: Readonly<Partial<Record<Lane, LaneFigures>>>
  /** What the MES asked and ordered; `null` where nobody may. */
  readonly pulls: PullFigures | null
  /** The live lane; `null` where there is none. */
  readonly uns: UnsFigures | null
  /** The Sparkplug edge node; `null` where there is none. */
  readonly sparkplug: SparkplugFigures | null
}

export interface LaneFigures {
  /** The bookmark: everything up to here is safe with the other side. */
  readonly acked: number
  readonly sent: number
  readonly flightsCount: number
  readonly flightsBytes: number
  readonly messagesCount: number
  /** Mean on the wire; `null` before anything was sent. */
  readonly recordBytes: number | null
  /** How fast the bookmark moved lately. */
  readonly numbersPerSecond: number | null
  readonly rewindsCount: number
  readonly quarantinedCount: number
  readonly refusedAcksCount: number
  /** The last of them, and what was wrong with it. */
  readonly refusedAck: string | null
  /** Why it stands still; `null` when it does not. */
  readonly held: string | null
  /** Up to here facts were sent as they happened, ahead of history; `null` while history is not behind. */
  readonly aheadTo: number | null
}

export interface SparkplugFigures {
  readonly connected: boolean
  /** `null` when no primary host is configured. */
  readonly hostOnline: boolean | null
  readonly bdSeq: number
  readonly birthsCount: number
  readonly publishedCount: number
}

export interface PullFigures {
  readonly answeredCount: number
  /** Of them, those that were told no. */
  readonly refusedCount: number
  /** What nobody could be told about: it made no sense and said no place for the answer, or a place that is not for answers. */
  readonly unanswerableCount: number
  readonly waitingCount: number
}
