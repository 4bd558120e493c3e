/** Lays recorded turns out as the groups somebody works with: the same scans again, also after tags moved, came or went. */

import { instant, mono } from '../base/units.js'
import type { RecordedTurn } from '../contract/journal.js'
import { qualities, type Scan, type ScanGroup } from '../contract/scan.js'
import { type KeptTurn, layoutBy, type Layouts } from './block.js'
import { isText, type KeptScan, type Layout } from './layouts.js'

/** A tag found again: from where in the layout to where in the group. */
interface Move { readonly tag: number; readonly column: number; readonly columns: number; readonly text: boolean; readonly position: number; readonly slot: number }
interface Target { readonly group: ScanGroup; readonly moves: readonly Move[]; readonly complete: boolean }

/**
 * A scan becomes one scan of each group that has any of its tags. Where a group takes its tags from several recorded groups,
 * the others keep what they last had; tags that were never recorded have the quality `not_read`.
 */
export function regroup(turns: readonly KeptTurn[], layouts: Layouts, groups: readonly ScanGroup[]): RecordedTurn[] {
  const targets = new Map<number, Target[]>()
  const latest = new Map<number, Pick<Scan, 'values' | 'qualities' | 'texts'>>()
  const targetsOf = (id: number): Target[] => {
    const known = targets.get(id)
    if (known !== undefined) return known
    const found = groups.flatMap((group) => targetOf(layoutBy(layouts, id), group))
    targets.set(id, found)
    return found
  }
  const scansOf = (kept: KeptScan): Scan[] => targetsOf(kept.layout).map((target) => {
    const before = target.complete ? nothingOf(target.group) : latest.get(target.group.index) ?? nothingOf(target.group)
    const content = moved(kept, target, before)
    if (!target.complete) latest.set(target.group.index, content)
    return { group: target.group.index, at: instant(kept.at), mono: mono(kept.mono), ...content }
  })
  return turns.map((turn) => ({ number: turn.number, at: instant(turn.at), mono: mono(turn.mono), scans: turn.scans.flatMap(scansOf) }))
}

function targetOf(layout: Layout, group: ScanGroup): Target[] {
  if (layout.plc !== group.plc) return []
  const moves = group.tags.flatMap((tag, position): Move[] => {
    const index = layout.tags.findIndex((recorded) => recorded.name === tag.name && recorded.type === tag.type && recorded.length === tag.length)
    const recorded = layout.tags[index]
    return recorded === undefined ? [] : [{ tag: index, column: recorded.column, columns: recorded.columns, text: isText(recorded), position, slot: tag.slot }]
  })
  return moves.length === 0 ? [] : [{ group, moves, complete: moves.length === group.tags.length || layout.class === group.class }]
}

function nothingOf(group: ScanGroup): Pick<Scan, 'values' | 'qualities' | 'texts'> {
  return { values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length).fill(qualities.not_read), texts: new Map() }
}

function moved(kept: KeptScan, target: Target, before: Pick<Scan, 'values' | 'qualities' | 'texts'>): Pick<Scan, 'values' | 'qualities' | 'texts'> {
  const values = before.values.slice()
  const quality = before.qualities.slice()
  const texts = new Map(before.texts)
  for (const move of target.moves) {
    quality[move.position] = kept.qualities[move.tag]!
    if (!move.text) {
      for (let offset = 0; offset < move.columns; offset++) values[move.slot + offset] = kept.values[move.column + offset]!
      continue
    }
    const text = kept.texts.find(([column]) => column === move.column)?.[1]
    if (text === undefined) texts.delete(move.position)
    else texts.set(move.position, text)
  }
  return { values, qualities: quality, texts }
}
