/** The first copy of a standby, of a month that a line of ten machines lived (FACTS=, ROWS= for more): how long it takes, what it takes of either box, how long the active one's people wait meanwhile, and whether its line does. */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { given } from '../../src/base/assert.js'
import { partCounts, timeLeaves } from '../../src/contract/losses.js'
import { factSum } from '../../src/journal/facts/fact-sum.js'
import { openWriter } from '../../src/journal/store/database.js'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { rowCopier } from '../../src/journal/facts/rows.js'
import { type TestBox, pairOf } from '../support/pair.js'
import { freePort } from '../support/ports.js'
import { type Bench, percentile } from './bench.js'

const FACTS = Number(process.env['FACTS'] ?? 600_000)
const ROWS = Number(process.env['ROWS'] ?? 430_000)
const MONTH_MS = 30 * 86_400_000
const MACHINES = 10
const WORKED_MS = 3_000

/** Facts that change nothing of a line, behind those of a start, and a row a minute for each machine. */
function grow(data: string): void {
  const database = openWriter(databasePath(data))
  const [head, turn, epoch] = given(database.prepare<[], [number, number, number]>('SELECT max(seq), max(turn), (SELECT max(id) FROM epochs) FROM facts').raw().get(), 'a start leaves facts')
  const fact = database.prepare("INSERT INTO facts (seq, epoch, turn, at, line, equipment, type, config, body, crc) VALUES (?, ?, ?, ?, 'BP01', NULL, 'output_written', 1, ?, ?)")
  const copyRows = rowCopier(database)
  const from = Date.now() - MONTH_MS
  const nothing = Object.fromEntries([...timeLeaves, ...partCounts].map((leaf) => [leaf, 0]))
  const padding = 'a fact has some four hundred bytes; '.repeat(6)
  database.transaction(() => {
    for (let n = 1; n <= FACTS; n++) {
      const [seq, at] = [head + n, Math.floor(from + MONTH_MS * n / FACTS)]
      const body = JSON.stringify({ light: padding + String(n), tag: 'lamps/lamp', value: n % 7, state: 'raised', andon_id: `BP01-A${n}`, ok: true, fault: null, repeated: n })
      fact.run(seq, epoch, turn + n, at, body, factSum({ seq, at, type: 'output_written', body }))
    }
    for (let n = 0; n < ROWS; n++) {
      const minute = Math.floor(from / 60_000 + n / MACHINES) * 60_000
      copyRows([{ ...nothing, equipment: `BP01.M${n % MACHINES}`, line: 'BP01', minute, shift: 'early', job: '', product: 'BAG500', ideal_ms: 800, revision: 0, running: 60_000, good: 75, written: 1_000_000 + n }])
    }
    database.prepare('UPDATE snapshots SET seq = ?').run(head + FACTS)
  })()
  database.pragma('wal_checkpoint(TRUNCATE)')
  database.close()
}

/** Turns of the line that the box has left out since it started. */
async function missedOf(box: TestBox): Promise<number> {
  const { turns } = (await box.ask('GET', '/readyz')).data as { readonly turns: { readonly missed: number } }
  return turns.missed
}

const statusOf = (box: TestBox, field: string): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${box.pid()}/status`, 'utf8'))?.[1] ?? NaN) / 1_024

export const bench: Bench = {
  name: 'standby-copy',
  peers: [],
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-copy-'))
    const ports = await Promise.all([freePort(), freePort()])
    const pair = await pairOf(directory, { takeover: 'on_order' }, (config) => {
      config.server = {}
      for (const [i, plc] of config.plcs.entries()) Object.assign(plc, { port: ports[i % ports.length] })
    })
    const { a, b } = pair
    try {
      await a.start()
      await sleep(WORKED_MS)
      await a.end('SIGTERM')
      grow(a.dataDir)
      await a.start()
      await sleep(WORKED_MS)
      const [before, missedBefore, bytes] = [statusOf(a, 'VmRSS'), await missedOf(a), statSync(databasePath(a.dataDir)).size]
      const shares = new Set<number>()
      const waits: number[] = []
      const begun = performance.now()
      await b.start()
      for (let state = await b.state(); state.whole !== true || state.seq < FACTS; state = await b.state()) {
        if (state.copying !== null) shares.add(state.copying.share)
        const asked = performance.now()
        await a.ask('GET', '/api/v1/enhanced/lines')
        waits.push(performance.now() - asked)
        await sleep(100)
      }
      const seconds = (performance.now() - begun) / 1_000
      return [
        { figure: `first copy of ${FACTS} facts and ${ROWS} loss rows`, value: seconds, unit: 's', target: null },
        { figure: 'the database that is copied', value: bytes / 1e6, unit: 'MB', target: null },
        { figure: 'records copied a second', value: (FACTS + ROWS) / seconds, unit: '1/s', target: null },
        { figure: 'most memory of the standby meanwhile', value: statusOf(b, 'VmHWM'), unit: 'MB', target: null },
        { figure: 'memory of the active box, beyond what it had', value: statusOf(a, 'VmHWM') - before, unit: 'MB', target: null },
        { figure: 'an answer of the active box meanwhile, 99 %', value: percentile(waits, 0.99), unit: 'ms', target: null },
        { figure: 'cycles that the active box left out meanwhile', value: await missedOf(a) - missedBefore, unit: '', target: null },
        { figure: 'states of progress that whoever looks ten times a second is shown', value: shares.size, unit: '', target: null },
      ]
    } finally {
      await pair.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
