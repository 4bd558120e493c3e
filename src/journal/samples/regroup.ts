/** Lays recorded turns out as the groups somebody works with: the same scans again, also after tags moved, came or went. */

import { instant, mono, type Ms } from '../../base/units.js'
import type { RecordedTurn } from '../../contract/journal.js'
import { qualities, type Scan, type ScanGroup } from '../../contract/scan.js'
import { type KeptTurn, layoutBy, type Layouts } from './block.js'
import { isText, type KeptScan, type Layout } from './layouts.js'

/** A tag found again: from where in the layout to where in the group. */
interface Move { readonly tag: number; readonly column: number; readonly columns: number; readonly text: boolean; readonly position: number; readonly slot: number }
interface Target {
  readonly group: ScanGroup
  readonly moves: readonly Move[]
  /** No tag of the group comes from elsewhere; and it lies in the layout just as it does in the group. */
  readonly whole: boolean
  readonly same: boolean
  readonly cycleMs: Ms
}

/** What a group last had, and until when each of its tags may still be believed. */
interface Latest extends Pick<Scan, 'values' | 'qualities' | 'texts'> {
  readonly freshUntil: Float64Array
  readonly madeOf: KeptScan | null
}

/** A tag that comes from another recorded group than the scan at hand is stale after this many cycles of its own, by the wall clock: the other starts anew with each run. */
const STALE_CYCLES = 3

/**
 * A scan becomes one scan of each group that has any of its tags. Where a group takes its tags from several recorded groups,
 * the others keep what they last had until it is stale; tags that were never recorded have the quality `not_read`.
 */
export const regroup = (turns: readonly KeptTurn[], layouts: Layouts, groups: readonly ScanGroup[]): RecordedTurn[] => turns.map(regrouper(layouts, groups))

/** The same, turn by turn in their order. */
export function regrouper(layouts: Layouts, groups: readonly ScanGroup[]): (turn: KeptTurn) => RecordedTurn {
  const targets = new Map<number, Target[]>()
  const latest = new Map<number, Latest>()
  const targetsOf = (id: number): Target[] => {
    const known = targets.get(id)
    if (known !== undefined) return known
    const found = groups.flatMap((group) => targetOf(layoutBy(layouts, id), group))
    targets.set(id, found)
    return found
  }
  const tell = (kept: KeptScan, scans: Scan[]): void => {
    for (const target of targetsOf(kept.layout)) {
      const { index } = target.group
      const before = latest.get(index) ?? nothingOf(target.group)
      const next = moved(kept, target, before)
      if (next !== before) latest.set(index, next)
      scans.push({ group: index, at: instant(kept.at), mono: mono(kept.mono), values: next.values, qualities: next.qualities, texts: next.texts })
    }
  }
  return ({ number, at, mono: monotonic, scans: kept }) => {
    const scans: Scan[] = []
    for (const scan of kept) tell(scan, scans)
    return { number, at: instant(at), mono: mono(monotonic), scans }
  }
}

function targetOf(layout: Layout, group: ScanGroup): Target[] {
  if (layout.plc !== group.plc) return []
  const moves = group.tags.flatMap((tag, position): Move[] => {
    const index = layout.tags.findIndex((recorded) => recorded.name === tag.name && recorded.type === tag.type && recorded.length === tag.length)
    const recorded = layout.tags[index]
    return recorded === undefined ? [] : [{ tag: index, column: recorded.column, columns: recorded.columns, text: isText(recorded), position, slot: tag.slot }]
  })
  return moves.length === 0 ? [] : [{
    group, moves, cycleMs: layout.cycleMs,
    whole: moves.length === group.tags.length,
    same: layout.columns === group.slots && layout.tags.length === group.tags.length && moves.length === group.tags.length && moves.every(({ tag, column, position, slot, text }) => tag === position && column === slot && !text),
  }]
}

function nothingOf(group: ScanGroup): Latest {
  return {
    values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length).fill(qualities.not_read), texts: new Map(),
    freshUntil: new Float64Array(group.tags.length).fill(Infinity), madeOf: null,
  }
}

function moved(kept: KeptScan, target: Target, before: Latest): Latest {
  // What read the same as before shares its arrays, and so does what is made of it.
  if (target.whole && before.madeOf !== null && isSameReading(kept, before.madeOf)) {
    freshened(before, kept, target)
    return before
  }
  if (target.same) return { values: kept.values, qualities: kept.qualities, texts: before.texts, freshUntil: freshened(before, kept, target), madeOf: kept }
  const values = before.values.slice()
  const freshUntil = before.freshUntil.slice()
  const quality = before.qualities.map((known, position) => (kept.at > freshUntil[position]! ? qualities.stale : known))
  const texts = new Map(before.texts)
  for (const move of target.moves) {
    quality[move.position] = kept.qualities[move.tag]!
    freshUntil[move.position] = kept.at + STALE_CYCLES * target.cycleMs
    if (!move.text) {
      for (let offset = 0; offset < move.columns; offset++) values[move.slot + offset] = kept.values[move.column + offset]!
      continue
    }
    const text = kept.texts.find(([column]) => column === move.column)?.[1]
    if (text === undefined) texts.delete(move.position)
    else texts.set(move.position, text)
  }
  return { values, qualities: quality, texts, freshUntil, madeOf: kept }
}

/** The instants by which a group that comes as a whole is stale; they are nobody else's. */
const freshened = ({ freshUntil }: Latest, { at }: KeptScan, { cycleMs }: Target): Float64Array => freshUntil.fill(at + STALE_CYCLES * cycleMs)

const isSameReading = (one: KeptScan, other: KeptScan): boolean => one.values === other.values && one.qualities === other.qualities && one.texts === other.texts
