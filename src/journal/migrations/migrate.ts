/** Brings a database up to this version, one numbered step at a time, each in a transaction of its own or in portions. Never down. */

import { assert } from '../../base/assert.js'
import { Fault } from '../../contract/faults.js'
import type { Database } from '../store/database.js'
import { journal } from './001-journal.js'
import { upstream } from './002-upstream.js'
import { stops } from './003-stops.js'
import { hours } from './004-hours.js'
import { recorders } from './005-recorders.js'
import { turns } from './006-turns.js'
import { packs } from './007-packs.js'
import { minutes } from './008-minutes.js'
import { contexts } from './009-contexts.js'
import { rework } from './010-rework.js'
import { stopTable } from './011-stops.js'
import { merged } from './012-merged.js'
import { rolls } from './013-rolls.js'
import { type LongStep, takeLongStep } from './long-step.js'

/** The position in the list is the version a step leads to, less one. Steps that were released never change. */
const steps: readonly (string | LongStep)[] = [journal, upstream, stops, hours, recorders, turns, packs, minutes, contexts, rework, stopTable, merged, rolls]

/** What each step does, for people. */
const sentences: readonly string[] = ['facts, what follows from them, and samples', 'what upstreams read by', 'stops found by their name', 'loss rows rolled up by the hour', 'flight recorders that outlive other samples', 'samples found by their turns', 'facts of past days sealed into packs', 'loss rows by number instead of by name', 'what rows were worked for, found by its hours', 'parts that rework made good', 'stops listed by equipment and time', 'sealed samples merged by the hour', 'sealed columns rolled into one']
assert(sentences.length === steps.length, 'each step says what it does')

export const SCHEMA_VERSION = steps.length

export const versionOf = (database: Database): number => Number(database.pragma('user_version', { simple: true }))

/** What the steps are that a database of a version still has to take. */
export const pendingSteps = (found: number): string[] => sentences.slice(found).map((sentence, at) => `${found + at} → ${found + at + 1}: ${sentence}`)

/**
 * Returns the version found. `upTo` is for who wants an older one; `moved` hears of every portion of a step that takes long.
 * Throws JOURNAL_NEWER when a later lineside wrote the file; then nothing is changed.
 */
export function migrate(database: Database, upTo = SCHEMA_VERSION, moved: () => void = () => undefined): number {
  const found = versionOf(database)
  if (found > SCHEMA_VERSION) throw new Fault('JOURNAL_NEWER', { found, known: SCHEMA_VERSION })
  for (let version = found; version < upTo; version++) {
    const step = steps[version]!
    if (typeof step === 'string') takeStep(database, step, version + 1)
    else takeLongStep(database, step, version + 1, moved)
  }
  return found
}

function takeStep(database: Database, step: string, version: number): void {
  database.transaction(() => {
    database.exec(step)
    database.pragma(`user_version = ${version}`)
  }).immediate()
}
