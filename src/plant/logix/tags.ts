/** The controller's memory: its tags by scope and name, and where a path leads in it. */

import type { Segment } from './path.js'
import { type AtomName, type LogixType, bytesOf, encode, encodeString, string } from './datatypes.js'

export interface TagSpec {
  /** `Program:Main.Speed` for a tag of a program. */
  readonly name: string
  readonly type: LogixType
  /** Elements per dimension; none for a single value. An array of BOOL is held as DWORDs, 32 bits each. */
  readonly dimensions?: readonly number[]
  readonly bytes: Uint8Array
}

export interface LogixTag {
  readonly name: string
  readonly program: string | null
  readonly type: LogixType
  readonly dimensions: readonly number[]
  readonly bytes: Buffer
  /** Its instance in the symbol class; a download deals them anew. */
  instance: number
}

/** Where a path leads. */
export interface Place {
  readonly type: LogixType
  readonly memory: Buffer
  readonly offset: number
  /** Elements from here to the end of the array. */
  readonly lengthLeft: number
  /** For a BOOL inside a byte of a structure. */
  readonly bit: number | null
}

/** CIP general status of a path that leads nowhere. */
export type NoPlace = 'unknown' | 'beyond'

export class TagTable {
  readonly #tags = new Map<string, LogixTag>()

  constructor(specs: readonly TagSpec[]) {
    for (const spec of specs) this.#define(spec)
    this.renumber(1)
  }

  /** Deals instance numbers in the order of the table, as a download does. */
  renumber(from: number): void {
    let next = from
    for (const tag of this.#tags.values()) tag.instance = next++
  }

  remove(name: string): void { this.#tags.delete(name.toLowerCase()) }

  /** Replaces a tag, perhaps by one of another type. */
  replace(spec: TagSpec): void {
    const { instance } = this.tag(spec.name)
    this.#define(spec)
    this.tag(spec.name).instance = instance
  }

  /** The tag of this full name. Throws when there is none: for those who made the table. */
  tag(name: string): LogixTag {
    const tag = this.#tags.get(name.toLowerCase())
    if (tag === undefined) throw new Error(`the controller has no tag ${name}`)
    return tag
  }

  /** Bytes of a tag from `offset` on are replaced at once. */
  set(name: string, bytes: Uint8Array, offset = 0): void { this.tag(name).bytes.set(bytes, offset) }

  /** Every tag of a scope from an instance on, in the order of their instances. */
  list(program: string | null, from: number): LogixTag[] {
    const wanted = program?.toLowerCase() ?? null
    return [...this.#tags.values()].filter((tag) => (tag.program?.toLowerCase() ?? null) === wanted && tag.instance >= from).sort((a, b) => a.instance - b.instance)
  }

  programs(): string[] { return [...new Set([...this.#tags.values()].flatMap(({ program }) => program ?? []))] }

  resolve(segments: readonly Segment[]): Place | NoPlace {
    const found = this.#begin(segments)
    if (found === null) return 'unknown'
    const { tag, rest } = found
    let place: Place = { type: tag.type, memory: tag.bytes, offset: 0, lengthLeft: tag.dimensions.reduce((all, length) => all * length, 1), bit: null }
    let dimensions = tag.dimensions
    for (let i = 0; i < rest.length;) {
      const segment = rest[i]!
      if (segment.kind === 'element') {
        const indices = rest.slice(i, i + dimensions.length).flatMap((each) => each.kind === 'element' ? [each.index] : [])
        const moved = elementAt(place, dimensions, indices)
        if (typeof moved === 'string') return moved
        place = moved
        dimensions = []
        i += indices.length
      } else if (segment.kind === 'symbol' && typeof place.type !== 'string') {
        const member = place.type.members.find(({ name }) => name.toLowerCase() === segment.name.toLowerCase())
        if (member === undefined) return 'unknown'
        place = { type: member.type, memory: place.memory, offset: place.offset + member.offset, lengthLeft: member.length, bit: member.type === 'BOOL' ? member.bit : null }
        dimensions = member.length > 1 ? [member.length] : []
        i++
      } else {
        return 'unknown'
      }
    }
    return place
  }

  #define({ name, type, dimensions = [], bytes }: TagSpec): void {
    const scoped = /^(Program:\w+)\.(.+)$/i.exec(name)
    const program = scoped?.[1] ?? null
    this.#tags.set(name.toLowerCase(), { name: scoped?.[2] ?? name, program, type, dimensions, bytes: Buffer.from(bytes), instance: 0 })
  }

  /** The tag that a path begins with, by name, by program and name, or by its instance. */
  #begin(segments: readonly Segment[]): { tag: LogixTag; rest: readonly Segment[] } | null {
    const [first, second] = segments
    if (first?.kind === 'class' && first.value === 0x6b && second?.kind === 'instance') {
      const tag = [...this.#tags.values()].find(({ instance }) => instance === second.value)
      return tag === undefined ? null : { tag, rest: segments.slice(2) }
    }
    if (first?.kind !== 'symbol') return null
    if (/^program:/i.test(first.name) && second?.kind === 'symbol') {
      const tag = this.#tags.get(`${first.name}.${second.name}`.toLowerCase())
      return tag === undefined ? null : { tag, rest: segments.slice(2) }
    }
    const tag = this.#tags.get(first.name.toLowerCase())
    return tag === undefined ? null : { tag, rest: segments.slice(1) }
  }
}

function elementAt(place: Place, dimensions: readonly number[], indices: readonly number[]): Place | NoPlace {
  if (dimensions.length === 0 || indices.length !== dimensions.length) return 'unknown'
  let index = 0
  for (const [i, length] of dimensions.entries()) {
    if (indices[i]! >= length) return 'beyond'
    index = index * length + indices[i]!
  }
  return { ...place, offset: place.offset + index * bytesOf(place.type), lengthLeft: place.lengthLeft - index }
}

/* ── making specs ────────────────────────────────────────────────────────────────────────────── */

export function atomic(name: string, type: AtomName, ...values: readonly (number | bigint | boolean)[]): TagSpec {
  return { name, type, dimensions: values.length > 1 ? [values.length] : [], bytes: Buffer.concat(values.map((value) => encode(type, value))) }
}

/** An array of BOOL: 32 to a DWORD, as the controller has it. */
export function bools(name: string, bits: readonly boolean[]): TagSpec {
  const words = Array.from({ length: Math.ceil(bits.length / 32) }, (_, word) => bits.slice(32 * word, 32 * word + 32).reduce((sum, bit, i) => bit ? (sum | (1 << i)) >>> 0 : sum, 0))
  return { name, type: 'DWORD', dimensions: [words.length], bytes: Buffer.concat(words.map((word) => encode('DWORD', word))) }
}

export function text(name: string, value: string): TagSpec {
  return { name, type: string, bytes: encodeString(value) }
}
