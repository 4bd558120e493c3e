/** Brings the database of the ingest up to this version, one numbered step at a time. Any number of workers may begin at once. */

import { Fault } from '../../contract/faults.js'
import type { Database } from './database.js'
import { arrival } from './migrations/001-arrival.js'
import { oee } from './migrations/002-oee.js'
import { samples } from './migrations/003-samples.js'
import { months } from './migrations/004-months.js'
import { presence } from './migrations/005-presence.js'
import { rework } from './migrations/006-rework.js'
import { takeovers } from './migrations/007-takeovers.js'
import { underWay } from './migrations/008-under-way.js'
import { versions } from './migrations/009-versions.js'
import { constraints } from './migrations/010-constraints.js'

/** The position in the list is the version a step leads to, less one. Steps that were released never change. */
const steps: readonly string[] = [arrival, oee, samples, months, presence, rework, takeovers, underWay, versions, constraints]

/** Any fixed number: whoever migrates holds this lock. */
const LOCK = 7_140_501

/** `upTo` is for who wants an older version. Throws JOURNAL_NEWER when a later lineside made the tables; then nothing is changed. */
export async function migrate(database: Database, upTo = steps.length): Promise<void> {
  await database.transaction(async (query) => {
    await query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    await query('CREATE SCHEMA IF NOT EXISTS lineside')
    await query('CREATE TABLE IF NOT EXISTS lineside.migrations (version int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())')
    const { rows } = await query<{ version: number }>('SELECT coalesce(max(version), 0) AS version FROM lineside.migrations')
    const found = rows[0]?.version ?? 0
    if (found > steps.length) throw new Fault('JOURNAL_NEWER', { found, known: steps.length })
    for (const [index, step] of steps.slice(0, upTo).entries()) {
      if (index < found) continue
      await query(step)
      await query('INSERT INTO lineside.migrations (version) VALUES ($1)', [index + 1])
    }
  })
}
