/** What an MES may ask at any time: is the gateway there, what does it keep, what is it configured as, what happened after a number. */

import { instantOf, rfc3339, seq } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { FactQuery } from '../../contract/journal.js'
import type { PullOf } from '../../contract/pull.js'
import { isRefusal, type Refusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'
import { type Lane, lanes } from '../../contract/upstream.js'
import { refusedIn } from '../api/inputs.js'
import { lineUpOf } from './line-up.js'
import { openSnapshots } from './snapshots.js'
import { factRecord, rowRecord, sampleRecords } from './sources.js'

/** How far this upstream's lanes have got. */
export type Acked = () => Readonly<Partial<Record<Lane, number>>>

export interface AnswerParts {
  readonly desk: Desk
  readonly actor: Actor
  readonly acked: Acked
  /** The tags whose samples this upstream gets; `null` when it gets none. */
  readonly samples: readonly string[] | null
}

/** `roomBytes` is what one packet to this broker can carry beside its head. */
export interface Answers {
  ping(): Promise<object>
  streams(): Promise<object>
  config(): Promise<object>
  snapshot(asked: PullOf<'snapshot'>, roomBytes: number): Promise<object | Refusal>
  replay(asked: PullOf<'replay'>, roomBytes: number): Promise<object | Refusal>
}

export function openAnswers({ desk, actor, acked, samples }: AnswerParts): Answers {
  const snapshots = openSnapshots(desk, actor)

  async function ping(): Promise<object> {
    const { epoch, seq: head } = desk.head()
    return { at: rfc3339(desk.now()), version: desk.version, ep: epoch, head }
  }

  async function streams(): Promise<object> {
    const { epoch, seq: head } = desk.head()
    const [epochs, sizes, [trimmed]] = await Promise.all([desk.epochs(), desk.sizes(), desk.facts({ types: ['journal_trimmed'], newestFirst: true, limit: 1 })])
    return {
      ep: epoch,
      epochs: epochs.map((one, i) => ({ ep: one.epoch, first: one.first, last: (epochs[i + 1]?.first ?? head + 1) - 1, previous: one.previous, at: rfc3339(one.at), why: one.why })),
      lanes: { [lanes.facts]: { first: sizes.factSeqFirst, head, acked: acked().facts ?? null }, [lanes.rows]: { acked: acked().rows ?? null }, [lanes.samples]: { acked: acked().samples ?? null } },
      trimmed: trimmed === undefined ? null : { at: rfc3339(trimmed.at), ...trimmed.body },
    }
  }

  /** Which configuration is in force, since when and by whom, and the lines within reach. To change it is not an MES's to do. */
  async function config(): Promise<object> {
    const { configVersion: version } = desk
    const [fact] = await desk.facts({ types: ['config_applied'], newestFirst: true, limit: 1 })
    const applied = fact?.type === 'config_applied' && fact.body.version === version ? { at: rfc3339(fact.at), ...fact.body } : null
    return { version, applied, lines: lineUpOf(desk.config).filter(({ code }) => may(actor, 'view', code)) }
  }

  function replay(asked: PullOf<'replay'>, roomBytes: number): Promise<object | Refusal> {
    switch (asked.lane) {
      case lanes.facts: return replayFacts(asked, roomBytes)
      case lanes.rows: return replayRows(asked, roomBytes)
      case lanes.samples: return replaySamples(asked, roomBytes)
    }
  }

  async function replayFacts(asked: PullOf<'replay'>, roomBytes: number): Promise<object | Refusal> {
    const { epoch, seq: head } = desk.head()
    const line = lineOf(asked.line)
    if (refusedIn(line)) return line
    const range = await rangeOf(asked, head)
    if (isRefusal(range)) return range
    const first = (await desk.sizes()).factSeqFirst
    const gone = range.after + 1 < first && range.after < range.to ? [range.after + 1, Math.min(first - 1, range.to)] as const : null
    const after = gone === null ? range.after : gone[1]
    const query: FactQuery = { after: seq(after), limit: asked.limit, ...(asked.kinds === undefined ? {} : { types: asked.kinds }), ...(line === null ? {} : { line }) }
    const found = after >= range.to ? [] : (await desk.facts(query)).filter((fact) => fact.seq <= range.to)
    const page = pageOf(found.map((fact) => ({ to: fact.seq, record: may(actor, 'view', fact.line) ? factRecord(fact, epoch) : null })), asked, roomBytes)
    // With fewer than were asked for there are no more of this kind in the range.
    const next = page.isCut || found.length === asked.limit ? page.to ?? after : range.to
    return { lane: asked.lane, ep: epoch, after: range.after, next, done: next >= range.to, head, gone, recs: page.recs }
  }

  async function replayRows(asked: PullOf<'replay'>, roomBytes: number): Promise<object | Refusal> {
    const strange = strangeIn(asked, ['ep', 'to', 'kinds', 'from_time', 'to_time'])
    if (strange !== null) return strange
    const line = lineOf(asked.line)
    if (refusedIn(line)) return line
    const after = asked.after ?? 0
    const found = await desk.rowsWritten({ after, limit: asked.limit })
    const page = pageOf(found.map((row) => ({ to: row.written, record: (line === null || row.line === line) && may(actor, 'view', row.line) ? rowRecord(row) : null })), asked, roomBytes)
    return { lane: asked.lane, ep: desk.head().epoch, after, next: page.to ?? after, done: !page.isCut && found.length < asked.limit, recs: page.recs }
  }

  async function replaySamples(asked: PullOf<'replay'>, roomBytes: number): Promise<object | Refusal> {
    const strange = strangeIn(asked, ['ep', 'to', 'kinds', 'from_time', 'to_time', 'line'])
    if (strange !== null) return strange
    if (samples === null) return refuse('BODY_MISFIT', [{ path: 'lane', message: 'this upstream gets no samples' }])
    // A tag belongs to a PLC, and may say something about any line.
    if (actor.lines !== null) return refuse('FORBIDDEN', { lane: asked.lane, why: 'samples are of no line, and this upstream reaches only some' })
    const after = asked.after ?? 0
    const sampled = await desk.sampled({ after, turnsMax: asked.limit, tags: samples })
    if (sampled === null) return { lane: asked.lane, ep: desk.head().epoch, after, next: after, done: true, gone: null, recs: [] }
    const page = pageOf(sampleRecords(sampled), asked, roomBytes)
    return {
      lane: asked.lane, ep: desk.head().epoch, after, next: page.isCut ? page.to ?? after : sampled.last, done: false,
      gone: sampled.first > after + 1 ? [after + 1, sampled.first - 1] : null, recs: page.recs,
    }
  }

  /** A line that is named must be in reach. */
  function lineOf(ref: string | undefined): string | null | Refusal {
    if (ref === undefined) return null
    const line = desk.line(ref)
    if (line === null) return refuse('LINE_UNKNOWN', { line: ref })
    return may(actor, 'view', line.code) ? line.code : refuse('FORBIDDEN', { line: line.code })
  }

  /** The numbers that are meant: order is by number, so a time is only where to begin and where to end. */
  async function rangeOf(asked: PullOf<'replay'>, head: number): Promise<{ readonly after: number; readonly to: number } | Refusal> {
    if (asked.after !== undefined && asked.from_time !== undefined) return refuse('BODY_MISFIT', [{ path: 'from_time', message: '`after` stands there too' }])
    const from = asked.from_time === undefined ? null : instantOf(asked.from_time)
    const to = asked.to_time === undefined ? null : instantOf(asked.to_time)
    if (from !== null && to !== null && to <= from) return refuse('WINDOW_MEANINGLESS')
    const [first] = from === null ? [] : await desk.facts({ from, limit: 1 })
    const [last] = to === null ? [] : await desk.facts({ to, newestFirst: true, limit: 1 })
    const began = from === null ? asked.after ?? 0 : (first?.seq ?? head + 1) - 1
    const ends = Math.min(asked.to ?? head, to === null ? head : last?.seq ?? 0, head)
    if (asked.ep === undefined) return { after: began, to: ends }
    const epochs = await desk.epochs()
    const i = epochs.findIndex(({ epoch }) => epoch === asked.ep)
    if (i === -1) return refuse('EPOCH_UNKNOWN', { ep: asked.ep, known: epochs.map(({ epoch }) => epoch).join(', ') })
    return { after: Math.max(began, epochs[i]!.first - 1), to: Math.min(ends, (epochs[i + 1]?.first ?? head + 1) - 1) }
  }

  return { ping, streams, config, replay, snapshot: (request, roomBytes) => snapshots.page(request, roomBytes) }
}

/** What can be said of facts alone. */
function strangeIn(asked: PullOf<'replay'>, names: readonly (keyof PullOf<'replay'>)[]): Refusal | null {
  const strange = names.filter((name) => asked[name] !== undefined)
  return strange.length === 0 ? null : refuse('BODY_MISFIT', strange.map((path) => ({ path, message: 'this is said of facts only' })))
}

interface Item { /** The first number, where there are several. */ readonly from?: number; readonly to: number; /** `null` for what who asks does not reach. */ readonly record: object | null }

/** As many as weigh no more than was asked for, and at least one: a record that is too large for this broker is named in its place. */
function pageOf(items: readonly Item[], { bytes }: { readonly bytes: number }, roomBytes: number): { readonly recs: object[]; readonly to: number | null; readonly isCut: boolean } {
  const recs: object[] = []
  let weight = 0
  let to: number | null = null
  for (const item of items) {
    const size = item.record === null ? 0 : Buffer.byteLength(JSON.stringify(item.record)) + 1
    const isTooLarge = size > roomBytes
    if (recs.length > 0 && weight + size > Math.min(bytes, roomBytes)) return { recs, to, isCut: true }
    if (isTooLarge) recs.push({ gone: [item.from ?? item.to, item.to], why: 'too_large' })
    else if (item.record !== null) recs.push(item.record)
    weight += isTooLarge ? 0 : size
    ;({ to } = item)
  }
  return { recs, to, isCut: false }
}
