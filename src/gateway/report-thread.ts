/** The thread that makes reports and explanations: reads the journal for itself, works the answer out and writes it as JSON, so that the lines wait for none of it. */

import { isDeepStrictEqual } from 'node:util'
import { parentPort, workerData } from 'node:worker_threads'
import { given } from '../base/assert.js'
import { tellHeap } from '../base/threads.js'
import type { Instant } from '../base/units.js'
import type { CalendarSpan } from '../contract/calendar-span.js'
import type { Config } from '../contract/config.js'
import type { PastDesk, VersionUntil } from '../contract/desk.js'
import { type Refusal, isRefusal } from '../contract/refusals.js'
import { openLine } from '../core/snapshot.js'
import type { Line } from '../core/memory/memory.js'
import { underEras } from '../core/time/eras.js'
import { type LinePlan, linePlans } from '../core/time/plan.js'
import { spansOf, withSpans } from '../core/time/worked.js'
import { configOfVersion, openVersions } from '../configuration/versions.js'
import { type Ask, type Bare, type Written, isBare } from '../faces/api/ask.js'
import { type PastName, pastHandlers } from '../faces/api/past.js'
import { type Archive, openArchive } from '../journal/archive.js'
import { type WireFault, wireFault } from '../journal/wire.js'
import { explainEquipmentByDay, explainLineByDay, isFolded } from './explain-days.js'
import { type ToldUntil, explainEquipment, explainLine } from './explain.js'
import { dayOf, oeeOfPeriod, seriesOf, shiftsOf } from './figures.js'

/** What a report depends on beside its name; who asks was settled before. */
export type Question = Pick<Ask<PastName>, 'line' | 'accept' | 'language'> & { readonly params: object; readonly query: object }

export interface ReportJob {
  readonly id: number
  readonly name: PastName
  readonly ask: Question
  readonly now: Instant
  readonly told: ToldUntil
  /** What people said of the calendar of the line that is asked about. */
  readonly corrected: readonly CalendarSpan[]
  /** What its past is cut by. */
  readonly before: readonly VersionUntil[]
  /** `null` when it is the one that was told last. */
  readonly inForce: { readonly config: Config; readonly version: number } | null
}

export type Reported = Written | Bare | Refusal
export type FromReports = { readonly id: number } & ({ readonly made: Reported } | { readonly failed: WireFault })

const port = given(parentPort, 'the port to the gateway')
// The one caller is `reporter.ts`, with exactly this.
const { directory } = workerData as { directory: string }
const archive = openArchive(directory)
tellHeap()
let asked: { readonly config: Config; readonly lineOf: (of: string, calendar: Pick<ReportJob, 'corrected' | 'before'>) => Line } | null = null

port.on('message', (job: ReportJob) => {
  if (job.inForce !== null) asked = linesOf(job.inForce)
  answer(job, deskOf(given(asked, 'a configuration'), archive, job)).then(
    (made) => { port.postMessage({ id: job.id, made } satisfies FromReports, 'written' in made ? [made.written.buffer as ArrayBuffer] : []) },
    (thrown: unknown) => { port.postMessage({ id: job.id, failed: wireFault(thrown) } satisfies FromReports) },
  )
})

async function answer({ name, ask }: ReportJob, desk: PastDesk): Promise<Reported> {
  // The question was read and checked against the schemas of this name before it crossed, which the compiler cannot follow.
  const handler = pastHandlers(desk)[name] as (ask: object) => Promise<object>
  const made = await handler(ask)
  return isRefusal(made) || isBare(made) ? made : { written: new TextEncoder().encode(JSON.stringify(made)) }
}

/** Lines without a memory: whatever is asked of them is in the journal. */
function linesOf({ config, version }: NonNullable<ReportJob['inForce']>): NonNullable<typeof asked> {
  const lines = new Map(linePlans(config, version).map((plan) => [plan.line.code, openLine(plan, null, [])]))
  const known = new Map<string, readonly VersionUntil[]>([...lines.keys()].map((code) => [code, []]))
  const codes = new Map(config.lines.flatMap(({ code, equipment }) => equipment.map((one) => [one.code, code] as const)))
  return {
    config,
    lineOf(of, { corrected, before }) {
      const code = codes.get(of) ?? of
      const line = given(lines.get(code), `line of ${of}`)
      // What was worked out of a calendar holds from question to question.
      if (isDeepStrictEqual(spansOf(line.plan.calendar), corrected) && isDeepStrictEqual(known.get(code), before)) return line
      const eras = before.flatMap(({ version, to }) => planOf(version, code).map((plan) => ({ to, plan })))
      const now = { ...line, plan: withSpans(underEras(line.plan, eras), corrected) }
      known.set(code, before)
      lines.set(code, now)
      return now
    },
  }
}

/** As that version had it; nothing where it is not kept any more. */
function planOf(version: number, code: string): LinePlan[] {
  const config = configOfVersion(openVersions(directory), version)
  return config === null ? [] : linePlans(config, version).filter(({ line }) => line.code === code)
}

function deskOf({ config, lineOf: lineAs }: NonNullable<typeof asked>, journal: Archive, { now, told, ...calendar }: ReportJob): PastDesk {
  const lineOf = (of: string): Line => lineAs(of, calendar)
  return {
    config, now: () => now,
    day: (line, date) => dayOf(lineOf(line), date),
    facts: (query) => journal.facts(query),
    stops: (query) => journal.stops(query),
    sums: (query) => journal.sums(query),
    oee: (query) => oeeOfPeriod(lineOf(query.of), query, journal),
    series: (query) => seriesOf(lineOf(query.of), query, journal),
    shifts: (query) => shiftsOf(lineOf(query.of), query, journal),
    explainEquipment: (query) => isFolded(query) ? explainEquipmentByDay(lineOf(query.of), query, journal) : explainEquipment(lineOf(query.of).plan, query, told, journal),
    explainLine: (query) => isFolded(query) ? explainLineByDay(lineOf(query.of), query, journal) : explainLine(lineOf(query.of).plan, query, told, journal),
  }
}
