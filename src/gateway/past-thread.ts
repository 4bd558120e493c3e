/** The thread that works out what commands about a long past come to: reads the journal for itself, and hands the answer over a little at a time, so that the line waits for none of it. */

import { parentPort, workerData } from 'node:worker_threads'
import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import { atOnce } from '../base/portions.js'
import { tellHeap } from '../base/threads.js'
import type { Instant, Seq } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Config } from '../contract/config.js'
import type { VersionUntil } from '../contract/desk.js'
import type { LossRow } from '../contract/losses.js'
import type { Worked } from '../contract/past.js'
import { openLine } from '../core/snapshot.js'
import type { Line } from '../core/memory/memory.js'
import { workedOut } from '../core/worked.js'
import { underEras } from '../core/time/eras.js'
import { linePlans } from '../core/time/plan.js'
import { configOfVersion, openVersions } from '../configuration/versions.js'
import { openArchive } from '../journal/archive.js'
import { type WireFault, wireFault } from '../journal/wire.js'
import { recollected } from '../turn/recollect.js'

export interface PastJob {
  readonly command: Command
  /** As a snapshot has it, and the last fact that it knows. */
  readonly line: string
  readonly head: Seq
  readonly inForce: { readonly config: Config; readonly version: number }
  /** What its past is cut by. */
  readonly before: readonly VersionUntil[]
  /** Since when the line has rows in memory, by what they are of. */
  readonly rowsFrom: ReadonlyMap<string, Instant>
}

/** The next job, or more rows of the answer to the last one. */
export type ToPast = { readonly job: PastJob } | { readonly more: true }
/** An answer, whose rows follow as they are asked for. */
export type FromPast = { readonly made: Worked; readonly rowsCount: number } | { readonly rows: readonly LossRow[] } | { readonly failed: WireFault }

const port = given(parentPort, 'the port to the gateway')
// The one caller is `past-workshop.ts`, with exactly this.
const { directory } = workerData as { directory: string }
const archive = openArchive(directory)
tellHeap()
let rows: readonly LossRow[] = []
let rowsTold = 0

port.on('message', (message: ToPast) => {
  if ('more' in message) return say({ rows: rows.slice(rowsTold, rowsTold += limits.correctedRowsPerMessage) })
  answer(message.job).then(say, (thrown: unknown) => { say({ failed: wireFault(thrown) }) })
})

const say = (message: FromPast): void => { port.postMessage(message) }

async function answer(job: PastJob): Promise<FromPast> {
  const configOf = (version: number): Config | null => version === job.inForce.version ? job.inForce.config : configOfVersion(openVersions(directory), version)
  const command = await recollected(job.command, lineOf(job, configOf, []), archive, configOf, { factsTo: job.head })
  const inMemory = (command.past?.rows ?? []).filter(({ equipment, minute }) => minute >= (job.rowsFrom.get(equipment) ?? Infinity))
  const made = atOnce(workedOut(lineOf(job, configOf, inMemory), command))
  rows = made.edited.rows
  rowsTold = 0
  return { made: { ...made, edited: { ...made.edited, rows: [] } }, rowsCount: rows.length }
}

function lineOf({ command, line, inForce, before }: PastJob, configOf: (version: number) => Config | null, known: readonly LossRow[]): Line {
  const planIn = (config: Config | null, version: number) => config === null ? [] : linePlans(config, version).filter((plan) => plan.line.code === command.line)
  const eras = before.flatMap(({ version, to }) => planIn(configOf(version), version).map((plan) => ({ to, plan })))
  return openLine(underEras(given(planIn(inForce.config, inForce.version)[0], `line ${command.line}`), eras), line, known)
}
