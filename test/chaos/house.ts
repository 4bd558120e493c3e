/** The gateway of a day of kills: journal, recall and cycle as the daemon has them, under the clock of the day. What it scans comes from the plant in the parent process, which lives on. */

import { manualClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, rfc3339 } from '../../src/base/units.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { Scan } from '../../src/contract/scan.js'
import { startCycle } from '../../src/gateway/cycle.js'
import { openJournal } from '../../src/journal/journal.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { recall } from '../../src/turn/recall.js'
import { siteOfDay } from '../support/day-site.js'

export interface Poll { readonly at: Instant; readonly scans: readonly Scan[] }
/** What a screen would have heard. `at` is `null` when it is ready for the first poll. */
export interface Told { readonly at: Instant | null; readonly facts: readonly Fact[] }

const BROKEN = 70
/** Scans that come within it of the last turn wait for each other. */
const SHARED_MS = 5
const [directory, seed, startAt, stageMs] = process.argv.slice(2) as [string, string, string, string]
const tell = (told: Told): void => { process.send?.(told) }
const broken = (): never => process.exit(BROKEN)
process.on('disconnect', () => { process.exit(0) })

const { config, pollMs } = siteOfDay(Number(seed))
const clock = manualClock(instant(Number(startAt)))
const arrangement = arrangementOf(config, 1)
const journal = await openJournal({
  directory, clock, log: silentLog, groups: arrangement.groups, recorded: arrangement.isRecorded, lines: [...arrangement.lines],
  storage: { ...config.storage, ballast: 0 }, stageMs: Number(stageMs), onBroken: broken,
})
const { remembered } = journal
const recalled = recall(remembered, arrangement.plans, arrangement.sampler, arrangement.lineOf)
const started = {
  type: 'gateway_started', at: clock.now(), line: null, equipment: null,
  body: { version: 'chaos', config: 1, previous_epoch: remembered.previousEpoch, clean: remembered.clean, last_seen: remembered.lastAt === null ? null : rfc3339(remembered.lastAt) },
} as const
let announced: Fact[] = []
let turned = (): void => undefined
const cycle = startCycle({
  // Each poll wakes a turn; a beat comes only where none did.
  clock, log: silentLog, cycleMs: 2 * pollMs, journal, arrangement, epoch: remembered.epoch, head: remembered.head, lastTurn: remembered.lastTurn, lastAt: remembered.lastAt, lines: recalled.lines, rows: recalled.rows,
  notes: [...recalled.drafts.map((draft) => ({ draft, applied: true })), { draft: started, applied: false }],
  announce: ({ facts }) => { announced.push(...facts) }, turned: () => { turned() }, broken,
})

process.on('message', (message: Poll | 'leave') => { void (message === 'leave' ? leave() : poll(message)) })
tell({ at: null, facts: [] })

async function poll({ at, scans }: Poll): Promise<void> {
  await clock.advance(at - clock.now())
  const done = new Promise<void>((resolve) => { turned = resolve })
  for (const scan of scans) cycle.scan(scan)
  await clock.advance(SHARED_MS)
  await done
  tell({ at, facts: announced })
  announced = []
}

async function leave(): Promise<void> {
  const stopped = cycle.stop()
  await clock.advance(SHARED_MS)
  await stopped
  await journal.close()
  process.disconnect()
}
