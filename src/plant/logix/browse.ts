/** Browsing: the tag list of each scope, and the definitions of the structures in it (1756-PM020, chapter 2). */

import type { Segment } from './path.js'
import { type Answer, type Asked, status } from './service.js'
import type { LogixTag, TagTable } from './tags.js'
import { type AtomName, type Template, symbolTypeOf } from './datatypes.js'

/** Names (1), types (2) and dimensions (8) of the symbols from an instance on; partial as long as there are more. */
export function listSymbols({ tags, path, data, roomBytes }: Asked): Answer {
  const program = path.find((segment) => segment.kind === 'symbol')?.name ?? null
  const from = instanceIn(path)
  const attributes = Array.from({ length: data.readUInt16LE(0) }, (_, i) => data.readUInt16LE(2 + 2 * i))
  const entries = [...tags.list(program, from).map((tag) => entryOf(tag, attributes)), ...(program === null && from <= PROGRAMS_FROM ? programEntries(tags, attributes) : [])]
  let used = 0
  const fitting = entries.filter((entry) => (used += entry.length) <= roomBytes)
  return { status: fitting.length < entries.length ? status.partial : status.good, data: Buffer.concat(fitting) }
}

/** Behind all tags: each program is a symbol too. */
const PROGRAMS_FROM = 60_000
const PROGRAM_TYPE = 0x1068

function programEntries(tags: TagTable, attributes: readonly number[]): Buffer[] {
  return tags.programs().map((name, i) => symbol(PROGRAMS_FROM + i, name, PROGRAM_TYPE, [], attributes))
}

const entryOf = (tag: LogixTag, attributes: readonly number[]): Buffer => symbol(tag.instance, tag.name, symbolTypeOf(tag.type, tag.dimensions.length), tag.dimensions, attributes)

function symbol(instance: number, name: string, type: number, dimensions: readonly number[], attributes: readonly number[]): Buffer {
  const parts: Buffer[] = [u32(instance)]
  for (const attribute of attributes) {
    if (attribute === 1) parts.push(u16(name.length), Buffer.from(name, 'latin1'))
    else if (attribute === 2) parts.push(u16(type))
    else if (attribute === 8) parts.push(...[0, 1, 2].map((i) => u32(dimensions[i] ?? 0)))
    else parts.push(u32(0))
  }
  return Buffer.concat(parts)
}

/** Size of the definition in words (4), of the structure in bytes (5), member count (2) and handle (1), each with its own status. */
export function templateAttributes({ tags, path, data }: Asked): Answer {
  const template = templateAt(tags, instanceIn(path))
  if (template === null) return { status: status.unknownDestination }
  const asked = Array.from({ length: data.readUInt16LE(0) }, (_, i) => data.readUInt16LE(2 + 2 * i))
  const values: Readonly<Record<number, Buffer>> = { 1: u16(template.handle), 2: u16(template.members.length), 4: u32(Math.ceil((definitionOf(template).length + 23) / 4)), 5: u32(template.bytes) }
  const parts = asked.map((attribute) => Buffer.concat([u16(attribute), u16(0), values[attribute] ?? u32(0)]))
  return { status: status.good, data: Buffer.concat([u16(asked.length), ...parts]) }
}

/** A piece of a definition, from a byte offset on. */
export function templateBody({ tags, path, data, roomBytes }: Asked): Answer {
  const template = templateAt(tags, instanceIn(path))
  if (template === null) return { status: status.unknownDestination }
  const definition = definitionOf(template)
  const [from, asked] = [data.readUInt32LE(0), data.readUInt16LE(4)]
  const wanted = definition.subarray(from, from + asked)
  return { status: wanted.length > roomBytes ? status.partial : status.good, data: wanted.subarray(0, roomBytes) }
}

const instanceIn = (path: readonly Segment[]): number => path.flatMap((segment) => segment.kind === 'instance' ? [segment.value] : [])[0] ?? 0

/** Per member its length or bit, type and offset; then the names, each ended by a zero. */
function definitionOf(template: Template): Buffer {
  const members = template.members.map(({ type, length, offset, bit }) => {
    const isArray = length > 1
    return Buffer.concat([u16(type === 'BOOL' ? bit : isArray ? length : 0), u16(symbolTypeOf(type, isArray ? 1 : 0)), u32(offset)])
  })
  const names = [`${template.name};n`, ...template.members.map(({ name }) => name)].map((name) => `${name}\0`).join('')
  const body = Buffer.concat([...members, Buffer.from(names, 'latin1')])
  return Buffer.concat([body, Buffer.alloc((4 - body.length % 4) % 4)])
}

function templateAt(tags: TagTable, id: number): Template | null {
  const seen = new Map<number, Template>()
  const visit = (type: AtomName | Template): void => {
    if (typeof type === 'string' || seen.has(type.id)) return
    seen.set(type.id, type)
    for (const member of type.members) visit(member.type)
  }
  for (const scope of [null, ...tags.programs()]) for (const tag of tags.list(scope, 0)) visit(tag.type)
  return seen.get(id) ?? null
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
