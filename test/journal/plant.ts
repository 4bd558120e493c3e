/** What the journal tests write: a small plant with two groups, its turns, facts and rows, all made from a number. */

import { manualClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Epoch, instant, mono, seq } from '../../src/base/units.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { Turn } from '../../src/contract/journal.js'
import { type LossRow, partCounts, timeLeaves } from '../../src/contract/losses.js'
import type { Scan, ScanGroup } from '../../src/contract/scan.js'
import type { JournalOptions } from '../../src/journal/journal.js'

export const START = instant(Date.UTC(2026, 2, 29, 6))

const tag = (name: string, type: ScanGroup['tags'][number]['type'], slot: number, length = 1) => ({ name, address: name, type, length, slot, unit: null })

export const groups: readonly ScanGroup[] = [
  { index: 0, plc: 'packer', class: 'normal', cycleMs: 100, slots: 7, tags: [
    tag('running', 'bool', 0), tag('total', 'uint32', 1), tag('speed', 'float32', 2), tag('faults', 'uint64', 3), tag('zones', 'float64', 5, 2), tag('unrecorded', 'bool', 0),
  ] },
  { index: 1, plc: 'packer', class: 'slow', cycleMs: 1_000, slots: 1, tags: [tag('product', 'text', -1), tag('speed_set', 'float32', 0)] },
]

export const recorded = (_plc: string, name: string): boolean => name !== 'unrecorded'

export function optionsFor(directory: string, more: Partial<JournalOptions> = {}): JournalOptions {
  return {
    directory, clock: manualClock(START), log: silentLog, groups, recorded, stageMs: 50,
    storage: { ballast: 0, facts: { keep: 730 * 86_400_000, bytes: 2e9 }, samples: { keep: 90 * 86_400_000, bytes: 4e9, chunk: 600_000 } },
    ...more,
  }
}

/** Turn n is at START + n × 100 ms. Every tenth has a scan of the slow group, before the other. */
export function turnOf(number: number, facts: readonly Fact[] = [], more: Partial<Turn> = {}): Turn {
  const at = instant(START + number * 100)
  return {
    number, at, mono: mono(number * 100 + 0.125), facts, scans: number % 10 === 0 ? [slowScan(number), fastScan(number)] : [fastScan(number)],
    rows: [], commands: [], snapshots: [], ...more,
  }
}

export function fastScan(number: number): Scan {
  const bad = number % 97 === 0
  return {
    group: 0, at: instant(START + number * 100 - 7), mono: mono(number * 100 - 6.875 + (number % 3) / 1_000),
    values: Float64Array.of(number % 50 < 40 ? 1 : 0, Math.floor(number / 10), Math.fround(60 + Math.sin(number / 30)), number % 200 < 5 ? 4 : 0, number % 300 < 5 ? 2 ** 31 : 0, number / 8, bad ? Number.NaN : -0),
    qualities: Uint8Array.of(0, 0, 0, 0, bad ? 10 : 0, 1), texts: new Map(),
  }
}

function slowScan(number: number): Scan {
  return {
    group: 1, at: instant(START + number * 100 - 9), mono: mono(number * 100 - 8.5), values: Float64Array.of(62.5), qualities: Uint8Array.of(0, 0),
    texts: number % 400 === 0 ? new Map() : new Map([[0, number < 500 ? 'BAG500' : 'BAG1000 ü']]),
  }
}

/** What `turnOf` looks like after it was kept: the tag that is not recorded was not read. */
export function keptTurnOf(number: number): Pick<Turn, 'number' | 'at' | 'mono' | 'scans'> {
  const { at, mono: monotonic, scans } = turnOf(number)
  return { number, at, mono: monotonic, scans }
}

export function factOf(number: number, epoch: Epoch, more: Partial<Fact> = {}): Fact {
  return {
    epoch, seq: seq(number), config: 1, at: instant(START + number * 100), line: 'BP01', equipment: 'BAG1', type: 'gateway_stopped',
    body: { reason: `number ${number} "quoted" ü` }, ...more,
  } as Fact
}

export function rowOf(minute: number, more: Partial<LossRow> = {}): LossRow {
  return {
    line: 'BP01', equipment: 'BAG1', minute: instant(START + minute * 60_000), shift: '2026-03-29/early', job: null, product: 'BAG500', idealMs: 1000 / 3,
    ms: { ...Object.fromEntries(timeLeaves.map((leaf) => [leaf, 0])) as LossRow['ms'], running: 60_000 },
    parts: { ...Object.fromEntries(partCounts.map((leaf) => [leaf, 0])) as LossRow['parts'], good: 59.5 },
    revision: 0, ...more,
  }
}

/** More than cross to the writer at once. */
export const CORRECTED_ROWS = 1_440

/** A turn that corrects a day: one fact, and the row of every minute under that number as its revision. */
export const correctionOf = (number: number, epoch: Epoch): Turn =>
  turnOf(number, [factOf(number, epoch)], { rows: Array.from({ length: CORRECTED_ROWS }, (_, minute) => rowOf(minute, { revision: number })) })
