/** Request paths (CIP volume 1, appendix C): the segments that name a class and instance, or a tag with its members and elements. */

export type Segment =
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'element'; readonly index: number }
  | { readonly kind: 'class' | 'instance' | 'attribute'; readonly value: number }

/** The segments of a padded path; `null` when it cannot be read. */
export function segmentsOf(path: Buffer): Segment[] | null {
  const segments: Segment[] = []
  let at = 0
  while (at < path.length) {
    const type = path[at]!
    if (type === 0x91) {
      const length = path[at + 1] ?? 0
      const end = at + 2 + length
      if (length === 0 || end > path.length) return null
      segments.push({ kind: 'symbol', name: path.toString('latin1', at + 2, end) })
      at = end + (length & 1)
      continue
    }
    const kind = logical[type & 0xfc]
    const bytes = [1, 2, 4][type & 3]
    // Wider values stand behind a pad byte.
    const from = at + (bytes === 1 ? 1 : 2)
    if (kind === undefined || bytes === undefined || from + bytes > path.length) return null
    const value = path.readUIntLE(from, bytes)
    segments.push(kind === 'element' ? { kind, index: value } : { kind, value })
    at = from + bytes
  }
  return segments
}

const logical: Readonly<Record<number, 'class' | 'instance' | 'element' | 'attribute'>> = { 0x20: 'class', 0x24: 'instance', 0x28: 'element', 0x30: 'attribute' }
