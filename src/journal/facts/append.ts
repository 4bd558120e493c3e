/** Writes turns: facts with their numbers, commands, snapshots, loss rows, and what was scanned as one staged record. */

import { assert } from '../../base/assert.js'
import type { Snapshot } from '../../contract/journal.js'
import type { Layouts } from '../samples/block.js'
import { stager } from '../samples/samples.js'
import type { Database } from '../store/database.js'
import type { WireTurn } from '../wire.js'
import { factSum } from './fact-sum.js'
import { rowWriter } from './rows.js'
import { openStopTable, type StopTable } from './stops.js'

/** How many snapshots of a line are kept: the newest, and one in reserve. */
const SNAPSHOTS_PER_LINE = 2

export interface Head { readonly seq: number; readonly turn: number }

export interface Appender {
  /** Writes some turns in a row; the caller holds the transaction. Returns the head that holds once it is committed. */
  write(turns: readonly WireTurn[], head: Head): Head
}

export function openAppender(database: Database, epoch: { readonly id: number; readonly name: string }, layouts: Layouts, writeRows = rowWriter(database), stops: Pick<StopTable, 'hear'> = openStopTable(database)): Appender {
  const insertFact = database.prepare(`
    INSERT INTO facts (seq, epoch, turn, at, line, equipment, type, config, body, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const insertCommand = database.prepare(`
    INSERT INTO commands (at, name, line, equipment, by_id, by_name, role, key, body, seqs, refusal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const writeSnapshot = snapshotWriter(database)
  const stage = stager(database, layouts)

  return {
    write(turns, head) {
      let { seq, turn: last } = head
      for (const turn of turns) {
        assert(turn.number > last, 'turns are numbered upwards')
        last = turn.number
        for (const fact of turn.facts) {
          assert(fact.seq === seq + 1, 'facts are numbered without holes')
          assert(fact.epoch === epoch.name, 'a fact belongs to the epoch it is written in')
          seq = fact.seq
          insertFact.run(seq, epoch.id, turn.number, fact.at, fact.line, fact.equipment, fact.type, fact.config, fact.body, factSum(fact))
          stops.hear(fact)
        }
        for (const command of turn.commands) {
          insertCommand.run(command.at, command.name, command.line, command.equipment, command.byId, command.byName, command.role, command.key,
            JSON.stringify(command.body ?? null), JSON.stringify(command.seqs), command.refusal === null ? null : JSON.stringify(command.refusal))
        }
        writeRows(turn.rows)
        for (const snapshot of turn.snapshots) writeSnapshot(snapshot)
      }
      stage(turns)
      return { seq, turn: last }
    },
  }
}

function snapshotWriter(database: Database): (snapshot: Snapshot) => void {
  const insert = database.prepare('INSERT OR REPLACE INTO snapshots (line, seq, at, state) VALUES (?, ?, ?, ?)')
  const forget = database.prepare(`
    DELETE FROM snapshots WHERE line = :line AND seq NOT IN (SELECT seq FROM snapshots WHERE line = :line ORDER BY seq DESC LIMIT ${SNAPSHOTS_PER_LINE})`)
  return (snapshot) => {
    insert.run(snapshot.line, snapshot.seq, snapshot.at, snapshot.state)
    forget.run({ line: snapshot.line })
  }
}
