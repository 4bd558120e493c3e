/** What the journal recorded, solved again: the same turns, commands and steps of the clock give the same facts. */

import { limits } from '../base/limits.js'
import { type Instant, type Ms, instant, instantOf, later, rfc3339, since } from '../base/units.js'
import type { Fact } from '../contract/events/catalogue.js'
import { Fault } from '../contract/faults.js'
import type { CommandRecord, FactQuery, RecordedTurn } from '../contract/journal.js'
import type { ScanGroup } from '../contract/scan.js'
import { minuteOf } from '../core/losses/lossbook.js'
import { openLine } from '../core/snapshot.js'
import type { Period } from '../core/time/calendar.js'
import { openArchive } from '../journal/archive.js'
import { type Arrangement, arrangementOf } from '../turn/arrangement.js'
import { datedPlans } from '../turn/dated-plans.js'
import type { ConfigOf } from '../turn/recollect.js'
import type { Replayed } from './replay.js'
import { type Recorded, Run, type Told, toldTypes } from './rerun.js'
import { rowsOfThen } from './rows-of-then.js'

/**
 * The recorded turns of a period out of the journal in a data directory, which a running gateway may be writing; under the configurations that were in force.
 * A `configOf` that always gives the same shows what the period would have been under that.
 */
export async function replayRecording(configOf: ConfigOf, directory: string, period: Period, progress?: (at: Instant) => void): Promise<Replayed> {
  const archive = openArchive(directory)
  try {
    return await replayArchive(configOf, archive, period, progress)
  } finally {
    archive.close()
  }
}

/** The end of what is recorded of a period by now: a gateway that is at work writes its newest turns a few seconds later. */
export function recordedEnd(directory: string, { from, to }: Period): Instant {
  const archive = openArchive(directory)
  try {
    let last: Instant | null = null
    for (const { at } of archive.turns(instant(Math.max(from, later(to, -MINUTE))), to, [])) last = at
    return last === null ? to : later(last, 1)
  } finally {
    archive.close()
  }
}

/**
 * Begins with what the facts before it had made of the lines, a while earlier than asked: what only samples tell (a state not yet believed,
 * parts not yet written down) has come about by then, and a start of the gateway in that while is the better beginning.
 */
export async function replayArchive(configOf: ConfigOf, archive: Recorded, period: Period, progress: (at: Instant) => void = () => undefined): Promise<Replayed> {
  const { begin, started } = await wholeFrom(archive, period.from, configOf)
  const [first] = archive.turns(begin, period.to, [])
  if (first === undefined) throw new Fault('JOURNAL_TRIMMED', { from: rfc3339(period.from), to: rfc3339(period.to), why: 'no turn of this period is recorded' })

  const known = await factsOf(archive, { untilTurn: first.number })
  // Only these types are asked for.
  const told = await factsOf(archive, { types: toldTypes, fromTurn: first.number }) as Told[]
  const houses = housesOf(configOf)
  const house = houses(known.at(-1)?.config ?? told[0]?.config ?? 1)
  const plans = datedPlans(house.plans, known, configOf)
  const closedTo = closedBefore(first, started, archive)
  const run = new Run({
    house, houses, configOf, period, archive, told, tail: tailBefore(archive, first, known.at(-1), house.groups),
    lines: plans.map((plan) => openLine(plan, null, rowsOfThen(openLine(plan, null, [], known), known, configOf, closedTo), known)),
    linksSince: linksSinceOf(known),
    commands: byInstant(await archive.commands({ from: begin, to: period.to, limit: COMMANDS_MAX })),
  })

  for (let from = begin, number = first.number - 1, goesOn = true; goesOn;) {
    const { groups } = run
    goesOn = false
    for (const turn of archive.turns(from, period.to, groups)) {
      if (turn.number <= number) continue
      const records = run.askedIn(turn)
      run.turn(turn, records.length === 0 ? [] : await run.recollected(turn, records))
      progress(turn.at)
      // From here on other tags are read.
      goesOn = run.groups !== groups
      from = turn.at
      number = turn.number
      if (goesOn) break
    }
  }
  return run.replayed()
}

interface Beginning { readonly begin: Instant; readonly started: Fact | undefined }

/** Parts that are written down at once for a longer time, as after a blind one, were partly seen before it, and stand in rows of before: no beginning is in the midst of that. */
async function wholeFrom(archive: Recorded, at: Instant, configOf: ConfigOf): Promise<Beginning> {
  const [last] = await archive.facts({ to: later(at, 1), newestFirst: true, limit: 1 })
  const codes = (configOf(last?.config ?? 1)?.lines ?? []).flatMap(({ equipment }) => equipment.map(({ code }) => code))
  for (let from = at; ;) {
    const beginning = await leadTo(archive, from)
    const { begin, started } = beginning
    const next = (await Promise.all(codes.map((equipment) => archive.facts({ types: ['count_recorded'], equipment, from: begin, limit: 1 })))).flat()
    const [step] = await archive.facts({ types: ['clock_stepped'], to: later(begin, 1), newestFirst: true, limit: 1 })
    // Nor in time that the clock leapt over.
    const leapt = step?.type === 'clock_stepped' && later(instantOf(step.body.after)!, MINUTE) > begin ? [step.at] : []
    const earliest = Math.min(...leapt, ...next.flatMap((fact) => (fact.type === 'count_recorded' ? [instantOf(fact.body.from)!] : [])))
    const known = started?.type === 'gateway_started' && started.at === begin && started.body.last_seen !== null ? instantOf(started.body.last_seen)! : begin
    if (earliest >= minuteOf(known) || earliest >= from) return beginning
    from = instant(earliest)
  }
}

/** A while before that in whole minutes, or the last start of the gateway, which begins as a replay does: with what facts had made. */
async function leadTo(archive: Recorded, at: Instant): Promise<Beginning> {
  const [started] = await archive.facts({ types: ['gateway_started'], to: later(at, 1), newestFirst: true, limit: 1 })
  return { started, begin: started === undefined || since(at, started.at) > LEAD_MS ? instant(Math.floor(later(at, -LEAD_MS) / MINUTE) * MINUTE) : started.at }
}

/** Which minutes were rows before the first turn: the rows of later ones know already what it is about to tell. */
function closedBefore(first: RecordedTurn, started: Fact | undefined, archive: Recorded): Instant {
  // A start is told a little before the turn that it begins with.
  const lastSeen = started?.type === 'gateway_started' && archive.turnOf(started.seq) === first.number && started.body.last_seen !== null ? instantOf(started.body.last_seen)! : first.at
  return minuteOf(later(instant(Math.min(lastSeen, first.at)), -limits.lossRowSettleMs))
}

/** What a configuration makes of the house, worked out once for each version. Signals that are made as before go on as they are. */
function housesOf(configOf: ConfigOf): (version: number, before?: Arrangement) => Arrangement {
  const known = new Map<number, Arrangement>()
  return (version, before) => {
    const kept = known.get(version)
    if (kept !== undefined) return kept
    const config = configOf(version)
    if (config === null) throw new Fault('JOURNAL_TRIMMED', { why: `version ${version} of the configuration, which was in force then, is not kept` })
    const made = before?.config === config ? { ...before, version } : arrangementOf(config, version, before)
    known.set(version, made)
    return made
  }
}

/** Longer than any state takes to be believed and any minute takes to be written down. */
const LEAD_MS: Ms = 15 * 60_000
const MINUTE = 60_000
const COMMANDS_MAX = 1_000_000

/** Since when each link was as it was, as the gateway that wrote these facts knew it. */
function linksSinceOf(facts: readonly Fact[]): ReadonlyMap<string, Instant> {
  const since = new Map<string, Instant>()
  for (const fact of facts) {
    if (fact.type === 'gateway_started') since.clear()
    if (fact.type === 'plc_connection_status') since.set(fact.body.plc, fact.at)
  }
  return since
}

/** The turns since the last fact: a start of the gateway solves them again. */
function tailBefore(archive: Recorded, first: RecordedTurn, last: Fact | undefined, groups: readonly ScanGroup[]): RecordedTurn[] {
  if (last === undefined) return []
  const made = archive.turnOf(last.seq) ?? 0
  const tail: RecordedTurn[] = []
  for (const turn of archive.turns(later(last.at, -MINUTE), first.at, groups)) if (turn.number > made && turn.number < first.number) tail.push(turn)
  return tail
}

async function factsOf(archive: Recorded, query: Omit<FactQuery, 'limit'>): Promise<Fact[]> {
  const facts: Fact[] = []
  for (;;) {
    const last = facts.at(-1)
    const page = await archive.facts({ ...query, ...(last === undefined ? {} : { after: last.seq }), limit: limits.factsPerReadMax })
    facts.push(...page)
    if (page.length < limits.factsPerReadMax) return facts
  }
}

function byInstant(records: readonly CommandRecord[]): ReadonlyMap<Instant, readonly CommandRecord[]> {
  const groups = new Map<Instant, CommandRecord[]>()
  for (const record of records) {
    const group = groups.get(record.at)
    if (group === undefined) groups.set(record.at, [record])
    else group.push(record)
  }
  return groups
}
