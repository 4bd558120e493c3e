/** The catalogue of scan layouts: which tags a group had when its scans were recorded, so that old records stay readable after the configuration changed. */

import type { Ms } from '../../base/units.js'
import type { ScanClass } from '../../contract/plcs.js'
import type { Scan, ScanGroup, TagSlot, ValueType } from '../../contract/scan.js'

/** A recorded tag: where its values stand among the columns of its layout. */
export interface RecordedTag {
  readonly name: string
  readonly type: ValueType
  readonly length: number
  /** Its position in the group as it was. */
  readonly position: number
  /** First of its columns; 64-bit integers have two for each element, texts one. */
  readonly column: number
  readonly columns: number
}

/** One group as it was recorded. It is stored as JSON and never changes; another configuration makes another layout. */
export interface Layout {
  readonly plc: string
  readonly class: ScanClass
  readonly cycleMs: Ms
  readonly tags: readonly RecordedTag[]
  readonly columns: number
}

/** What is recorded of a group; `null` when nothing is. */
export function layoutOf(group: ScanGroup, recorded: (plc: string, tag: string) => boolean): Layout | null {
  const tags: RecordedTag[] = []
  let column = 0
  group.tags.forEach((tag, position) => {
    if (!recorded(group.plc, tag.name)) return
    const columns = columnsOf(tag)
    tags.push({ name: tag.name, type: tag.type, length: tag.length, position, column, columns })
    column += columns
  })
  return tags.length === 0 ? null : { plc: group.plc, class: group.class, cycleMs: group.cycleMs, tags, columns: column }
}

export const isText = (tag: { readonly type: ValueType }): boolean => tag.type === 'text'
const isWide = (tag: { readonly type: ValueType }): boolean => tag.type === 'int64' || tag.type === 'uint64'
const columnsOf = (tag: TagSlot): number => (isText(tag) ? 1 : tag.length * (isWide(tag) ? 2 : 1))

/** A scan as it is kept: one value for each column, one quality for each recorded tag. The column of a text stays 0; texts stand by their column. */
export interface KeptScan {
  readonly layout: number
  readonly at: number
  readonly mono: number
  readonly values: Float64Array
  readonly qualities: Uint8Array
  readonly texts: readonly (readonly [column: number, text: string])[]
}

/** Takes what is recorded out of a scan, into arrays of its own. */
export function keep(scan: Scan, group: ScanGroup, layout: Layout, id: number): KeptScan {
  const values = new Float64Array(layout.columns)
  const qualities = new Uint8Array(layout.tags.length)
  const texts: [number, string][] = []
  layout.tags.forEach((tag, i) => {
    qualities[i] = scan.qualities[tag.position]!
    const slot = group.tags[tag.position]!.slot
    if (!isText(tag)) {
      for (let offset = 0; offset < tag.columns; offset++) values[tag.column + offset] = scan.values[slot + offset]!
      return
    }
    const text = scan.texts.get(tag.position)
    if (text !== undefined) texts.push([tag.column, text])
  })
  return { layout: id, at: scan.at, mono: scan.mono, values, qualities, texts }
}
