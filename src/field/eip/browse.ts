/** What tags a controller has: the symbols of its own scope and of each program, with the address that reads each (1756-PM020, chapter 2). */

import { systemChance } from '../../base/chance.js'
import { limits } from '../../base/limits.js'
import type { BrowsedTag } from '../../contract/driver.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { nameOfCode } from './decode.js'
import { listSymbolsRequest } from './requests.js'
import { EipSession } from './session.js'
import { Templates } from './templates.js'

const GOOD = 0x00
const MORE = 0x06
const STRUCTURE = 0x8000
const SYSTEM = 0x1000
const STRING_TEMPLATE = 0x0fce
const BOOL = 0xc1
const DWORD = 0xd3

/** Tags of the system and of modules are left out: nobody reads them by these names. */
export async function browse(plc: PlcOf<'eip'>, deadlineMs: { readonly connect: number; readonly request: number }): Promise<readonly BrowsedTag[]> {
  const session = await EipSession.make(plc, systemChance)
  try {
    await session.within(deadlineMs.connect, session.open())
    const templates = new Templates(session, plc.id, deadlineMs.request)
    const global = await symbolsOf(session, plc, null, deadlineMs.request)
    const found: BrowsedTag[] = []
    for (const symbol of global) await addTags(symbol, '', templates, found)
    for (const { name } of global) {
      if (!/^program:/i.test(name)) continue
      for (const symbol of await symbolsOf(session, plc, name, deadlineMs.request)) await addTags(symbol, `${name}.`, templates, found)
    }
    return found
  } finally {
    session.close()
  }
}

interface Symbol { readonly instance: number; readonly name: string; readonly type: number; readonly dimensions: readonly number[] }

/** Page by page; each begins behind the last instance of the one before. */
async function symbolsOf(session: EipSession, plc: PlcOf<'eip'>, program: string | null, requestMs: number): Promise<Symbol[]> {
  const symbols: Symbol[] = []
  for (let from = 0; ;) {
    const reply = await session.within(requestMs, session.ask(session.frameOf(listSymbolsRequest(program, from))))
    if (reply.status !== GOOD && reply.status !== MORE) throw new Fault('PLC_PROTOCOL', { plc: plc.id, detail: `browsing ended with CIP status 0x${reply.status.toString(16)}` })
    const page = pageOf(reply.frame, reply.at)
    const last = page?.at(-1)
    if (page === null || (last !== undefined && last.instance < from) || symbols.length + page.length > limits.tagsPerPlcMax) throw session.fail(new Fault('PLC_PROTOCOL', { plc: plc.id, detail: 'a tag list that makes no sense' }))
    symbols.push(...page)
    if (reply.status === GOOD || last === undefined) return symbols
    from = last.instance + 1
  }
}

/** Instance, name, type and three dimensions, one symbol after the other; `null` when they do not fill the reply. */
function pageOf(frame: Buffer, begin: number): Symbol[] | null {
  const page: Symbol[] = []
  for (let at = begin; at < frame.length;) {
    if (at + 6 > frame.length) return null
    const nameEnd = at + 6 + frame.readUInt16LE(at + 4)
    if (nameEnd + 14 > frame.length) return null
    page.push({
      instance: frame.readUInt32LE(at), name: frame.toString('latin1', at + 6, nameEnd), type: frame.readUInt16LE(nameEnd),
      dimensions: [0, 1, 2].map((i) => frame.readUInt32LE(nameEnd + 2 + 4 * i)),
    })
    at = nameEnd + 14
  }
  return page
}

async function addTags({ name, type, dimensions }: Symbol, scope: string, templates: Templates, found: BrowsedTag[]): Promise<void> {
  if ((type & SYSTEM) !== 0 || /^__|:/.test(name)) return
  await addPlace(`${scope}${name}`, type, dimensions.slice(0, (type >> 13) & 3), templates, found, 0)
}

/** The tag itself, or all that it is made of; of an array of structures its first. */
async function addPlace(place: string, type: number, dimensions: readonly number[], templates: Templates, found: BrowsedTag[], depth: number): Promise<void> {
  const isStructure = (type & STRUCTURE) !== 0
  const id = type & 0x0fff
  if (isStructure && id !== STRING_TEMPLATE) {
    if (depth === DEPTH_MAX || found.length >= limits.tagsPerPlcMax) return
    const first = dimensions.length === 0 ? place : `${place}[${dimensions.map(() => 0).join(',')}]`
    for (const member of await templates.membersOf(id)) await addPlace(`${first}.${member.name}`, member.type, member.length === 0 ? [] : [member.length], templates, found, depth + 1)
    return
  }
  const code = type & 0xff
  const kind = isStructure ? 'STRING' : code === BOOL || code === DWORD ? 'BOOL' : nameOfCode(code)
  found.push({ address: `${place}${indexOf(dimensions, isStructure ? 0 : code === DWORD ? 32 : 1)}:${kind}`, type: kind, dimensions })
}

/** The whole of a short list, and the first element of anything else. */
function indexOf(dimensions: readonly number[], perElement: number): string {
  if (dimensions.length === 0) return ''
  const count = dimensions[0]! * perElement
  if (dimensions.length > 1 || count === 0 || count > ELEMENTS_SHOWN) return `[${dimensions.map(() => 0).join(',')}]`
  return `[0..${count - 1}]`
}
const ELEMENTS_SHOWN = 1_000
/** Structures in structures; a program that nests deeper is read by its own names. */
const DEPTH_MAX = 6
