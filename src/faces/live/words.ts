/** What goes over a socket, as text: each event is put into words once, however many listen. */

import { type Instant, type Seq, rfc3339 } from '../../base/units.js'
import type { BodyOf, EventName, Fact, Reading } from '../../contract/events/catalogue.js'
import { messageOf } from '../../contract/events/message.js'
import type { Desk } from '../../contract/desk.js'

/** Messages about one connection. */
export type SocketWord = Extract<EventName, 'connection_established' | 'subscription_updated' | 'ping' | 'pong' | 'snapshot_required' | 'error'>

export function socketWord<W extends SocketWord>(type: W, at: Instant, seq: Seq, data: BodyOf<W>): string {
  return JSON.stringify({ type, timestamp: rfc3339(at), seq, data })
}

/** A fact in two halves; between them stands the number of the fact before it, which differs from reader to reader. */
export function factWords(fact: Fact, desk: Desk): (previous: Seq) => string {
  const rest = JSON.stringify(messageOf(fact, lineIds(desk))).slice(1)
  return (previous) => `{"prev_seq":${previous},${rest}`
}

export const readingWords = (reading: Reading, desk: Desk): string => JSON.stringify(messageOf(reading, lineIds(desk)))

const lineIds = (desk: Desk) => (line: string): string => desk.line(line)?.id ?? line

/** Views are text already; they are laid side by side, not read and written again. */
export function statusWords(type: 'initial_status' | 'status', at: Instant, seq: Seq, views: { readonly lines: readonly Buffer[]; readonly equipment: readonly Buffer[] }): string {
  const list = (json: readonly Buffer[]): string => `[${json.map((view) => view.toString('utf8')).join(',')}]`
  return `{"type":"${type}","timestamp":"${rfc3339(at)}","seq":${seq},"data":{"lines":${list(views.lines)},"equipment":${list(views.equipment)}}}`
}
