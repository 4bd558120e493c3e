/** A step that is too much for one transaction: begun, moved portion by portion, ended; an interrupted one goes on where it was. */

import type { Database } from '../store/database.js'

export interface LongStep {
  readonly begin: string
  readonly isBegun: (database: Database) => boolean
  /** Moves one portion; `false` when there was none left. */
  readonly move: (database: Database) => boolean
  readonly end: string
}

/** Each portion is durable before the next begins. The WAL is written back in between, so it grows by one portion and not by all of them. */
export function takeLongStep(database: Database, step: LongStep, version: number, moved: () => void): void {
  if (!step.isBegun(database)) database.transaction(() => { database.exec(step.begin) }).immediate()
  while (database.transaction(() => step.move(database)).immediate()) {
    database.pragma('wal_checkpoint(PASSIVE)')
    moved()
  }
  database.transaction(() => {
    database.exec(step.end)
    database.pragma(`user_version = ${version}`)
  }).immediate()
}
