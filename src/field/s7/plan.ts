/** The read plan: which bytes to ask for, in as few PDUs as can be. */

import { assert } from '../../base/assert.js'
import type { S7Area, S7Target } from './address.js'
import { kinds } from './address.js'

export interface ReadPlan {
  readonly requests: readonly PlannedRequest[]
  /** Length of the image that the items fill. */
  readonly imageBytes: number
  /** Where each tag begins in the image, in the order given; -1 for a tag that was left out. */
  readonly places: Int32Array
  /** Bytes of all replies over what the PDUs could carry, 0..1; 1 for an empty plan. */
  readonly fill: number
}

export interface PlannedRequest {
  readonly items: readonly PlannedItem[]
  readonly replyBytes: number
}

export interface PlannedItem {
  readonly area: S7Area
  readonly db: number
  readonly start: number
  readonly bytes: number
  /** Where its bytes go in the image. */
  readonly at: number
  /** The tags that get bytes from it. */
  readonly tags: readonly number[]
}

export interface PlanTag {
  /** Position in the caller's list; unique. */
  readonly tag: number
  readonly target: S7Target
}

// Sizes of a multi-item read, from the S7 protocol: the request takes 12 + 12 per item, the reply 14 + (4 + length, rounded up to even) per item,
// both within the negotiated PDU, at most 20 items. snap7 checks the first alone, and its server neither.
export const ITEMS_MAX = 20
/** The smallest PDU any S7 grants is 112; below it nothing sensible fits. */
export const PDU_BYTES_MIN = 112
const REQUEST_HEAD = 12
const REQUEST_ITEM = 12
const REPLY_HEAD = 14
const REPLY_ITEM = 4
/** A gap of so many bytes costs less than the header of another item. */
const GAP_FREE = 5

export const requestBytesOf = (itemsCount: number): number => REQUEST_HEAD + REQUEST_ITEM * itemsCount
export const replyItemBytesOf = (bytes: number): number => REPLY_ITEM + bytes + (bytes & 1)
export const replyBytesOf = (lengths: readonly number[]): number => lengths.reduce((sum, bytes) => sum + replyItemBytesOf(bytes), REPLY_HEAD)

/**
 * Plans one group. Tags in `apart` share an item with nobody: a neighbour's hole in the block must not take them along.
 * The greedy longest run: take as many tags in address order as one PDU can hold, cutting the largest gaps first, and begin again behind them.
 */
export function planReads(tags: readonly PlanTag[], pduBytes: number, apart: ReadonlySet<number> = new Set()): ReadPlan {
  const itemsMax = Math.min(ITEMS_MAX, Math.floor((pduBytes - REQUEST_HEAD) / REQUEST_ITEM))
  const longest = pduBytes - REPLY_HEAD - REPLY_ITEM
  assert(itemsMax >= 1 && longest >= 8, 'a PDU carries at least one value')

  const atoms = atomsOf(tags, apart)
  const runs: Piece[][] = []
  const short = atoms.filter((atom) => atom.bytes <= longest)
  for (let from = 0; from < short.length;) {
    const to = longestRun(short, from, pduBytes, itemsMax)
    runs.push(cut(short, from, to, pduBytes, itemsMax)!)
    from = to
  }
  for (const atom of atoms) if (atom.bytes > longest) runs.push(...chunks(atom, longest))
  return layOut(runs, tags, pduBytes)
}

/** A range of bytes somebody wants, with everybody who wants a part of it that needs no other byte. */
interface Atom {
  readonly area: S7Area
  readonly db: number
  readonly start: number
  readonly end: number
  readonly bytes: number
  readonly apart: boolean
  /** Elements of an array must not be torn by a chunk. */
  readonly grain: number
  readonly tags: number[]
}

/** A stretch of consecutive atoms that becomes one item. */
interface Piece { readonly area: S7Area; readonly db: number; readonly start: number; readonly bytes: number; readonly atoms: readonly Atom[] }

/** Equal ranges once, in address order, longer ones first. */
function atomsOf(tags: readonly PlanTag[], apart: ReadonlySet<number>): Atom[] {
  const known = new Map<string, Atom>()
  for (const { tag, target } of tags) {
    const key = `${target.area} ${target.db} ${target.start} ${target.bytes} ${apart.has(tag)}`
    const same = known.get(key)
    if (same !== undefined) { same.tags.push(tag); continue }
    const numbered = target.area === 'T' || target.area === 'C'
    // Timers and counters are numbered, not addressed by bytes: scaled by two, their ranges compare like all others.
    const start = numbered ? target.start * 2 : target.start
    known.set(key, {
      area: target.area, db: target.db, start, end: start + target.bytes, bytes: target.bytes,
      apart: apart.has(tag) || numbered, grain: Math.max(1, kinds[target.kind][0]), tags: [tag],
    })
  }
  return [...known.values()].sort((a, b) => (a.area < b.area ? -1 : a.area > b.area ? 1 : a.db - b.db || a.start - b.start || b.end - a.end))
}

/** Index behind the last atom of the longest run from `from` that fits one PDU. Fitting is monotone, so gallop and then halve. */
function longestRun(atoms: readonly Atom[], from: number, pduBytes: number, itemsMax: number): number {
  let fits = from + 1
  let step = 1
  while (fits + step <= atoms.length && cut(atoms, from, fits + step, pduBytes, itemsMax) !== null) { fits += step; step *= 2 }
  let tooFar = Math.min(fits + step, atoms.length + 1)
  while (tooFar - fits > 1) {
    const middle = (fits + tooFar) >> 1
    if (cut(atoms, from, middle, pduBytes, itemsMax) === null) tooFar = middle
    else fits = middle
  }
  return fits
}

/** The items that read atoms `from` to `to` (excluded) with one request, or `null` when they do not fit. */
function cut(atoms: readonly Atom[], from: number, to: number, pduBytes: number, itemsMax: number): Piece[] | null {
  const cuts: number[] = []
  const gaps: { before: number; bytes: number }[] = []
  let reach = atoms[from]!.end
  for (let i = from + 1; i < to; i++) {
    const [last, next] = [atoms[i - 1]!, atoms[i]!]
    const elsewhere = last.area !== next.area || last.db !== next.db
    if (elsewhere || last.apart || next.apart) { cuts.push(i); reach = next.end; continue }
    if (next.start - reach > GAP_FREE) gaps.push({ before: i, bytes: next.start - reach })
    reach = Math.max(reach, next.end)
  }
  if (cuts.length + 1 > itemsMax) return null
  gaps.sort((a, b) => b.bytes - a.bytes)
  for (const gap of gaps) {
    if (cuts.length + 1 >= itemsMax) break
    cuts.push(gap.before)
  }
  cuts.sort((a, b) => a - b)

  const pieces: Piece[] = []
  let replyBytes = REPLY_HEAD
  for (let c = 0; c <= cuts.length; c++) {
    const members = atoms.slice(c === 0 ? from : cuts[c - 1], c === cuts.length ? to : cuts[c])
    const first = members[0]!
    const end = members.reduce((most, atom) => Math.max(most, atom.end), 0)
    replyBytes += replyItemBytesOf(end - first.start)
    if (replyBytes > pduBytes) return null
    pieces.push({ area: first.area, db: first.db, start: first.start, bytes: end - first.start, atoms: members })
  }
  return pieces
}

/** A value longer than a PDU, in requests of its own: several readings, so only its elements are sure to be whole. */
function chunks(atom: Atom, longest: number): Piece[][] {
  const chunk = Math.floor(longest / atom.grain) * atom.grain
  const runs: Piece[][] = []
  for (let start = atom.start; start < atom.end; start += chunk) {
    runs.push([{ area: atom.area, db: atom.db, start, bytes: Math.min(chunk, atom.end - start), atoms: [atom] }])
  }
  return runs
}

/** Gives every item its place in the image and every tag its own. */
function layOut(runs: readonly (readonly Piece[])[], tags: readonly PlanTag[], pduBytes: number): ReadPlan {
  const places = new Int32Array(tags.reduce((most, { tag }) => Math.max(most, tag + 1), 0)).fill(-1)
  let at = 0
  let replied = 0
  const requests = runs.map((pieces) => {
    const items = pieces.map((piece) => {
      for (const atom of piece.atoms) {
        for (const tag of atom.tags) if (places[tag] === -1) places[tag] = at + atom.start - piece.start
      }
      const numbered = piece.area === 'T' || piece.area === 'C'
      const item: PlannedItem = { area: piece.area, db: piece.db, start: numbered ? piece.start / 2 : piece.start, bytes: piece.bytes, at, tags: piece.atoms.flatMap((atom) => atom.tags) }
      at += piece.bytes
      return item
    })
    const replyBytes = replyBytesOf(items.map((item) => item.bytes))
    replied += replyBytes
    assert(replyBytes <= pduBytes && requestBytesOf(items.length) <= pduBytes && items.length <= ITEMS_MAX, 'a planned request fits its PDU')
    return { items, replyBytes }
  })
  return { requests, imageBytes: at, places, fill: requests.length === 0 ? 1 : replied / (requests.length * pduBytes) }
}
