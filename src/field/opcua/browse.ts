/** What variables a server has below its Objects folder, with the address that reads each; those of OPC UA itself are left out. */

import { limits } from '../../base/limits.js'
import type { BrowsedTag } from '../../contract/driver.js'
import type { PlcOf } from '../../contract/plcs.js'
import { kinds } from './address.js'
import { type Said, builtInNames } from './decode.js'
import { OpcuaSession } from './session.js'

const OBJECTS = 'i=85'
/** Structures in structures; a server that nests deeper is read by names that are known. */
const DEPTH_MAX = 32
const ELEMENTS_SHOWN = 1_000

export async function browse(plc: PlcOf<'opcua'>, deadlineMs: { readonly connect: number; readonly request: number }): Promise<readonly BrowsedTag[]> {
  const session = new OpcuaSession(plc, deadlineMs)
  try {
    return await session.orFault(tagsOf(session))
  } finally {
    await session.close()
  }
}

async function tagsOf(session: OpcuaSession): Promise<readonly BrowsedTag[]> {
  await session.open()
  const uris = await session.namespaces()
  const found: BrowsedTag[] = []
  const seen = new Set([OBJECTS])
  let level: readonly string[] = [OBJECTS]
  for (let depth = 0; depth < DEPTH_MAX && level.length > 0; depth++) {
    const below = (await inSteps(level, session.atOnce.browse, (nodes) => session.browse(nodes))).flat()
      // Nodes of namespace 0 describe the server and not the plant.
      .filter(({ node }) => !/^(ns=0;)?[isgb]=/.test(node) && !seen.has(node) && seen.size < limits.tagsPerPlcMax && seen.add(node))
    const variables = below.filter(({ isVariable }) => isVariable).map(({ node }) => node)
    const values = await inSteps(variables, session.atOnce.read, (nodes) => session.read(nodes.map((node) => ({ node, range: '' }))))
    for (const [i, node] of variables.entries()) {
      const tag = tagOf(addressOf(node, uris), values[i]!)
      if (tag !== null) found.push(tag)
    }
    level = below.map(({ node }) => node)
  }
  return found
}

/** A namespace by its URI, since its number can be another after the next download. */
function addressOf(node: string, uris: readonly string[]): string {
  const [, index = '', id = ''] = /^ns=(\d+);(.*)$/s.exec(node) ?? []
  const uri = uris[Number(index)]
  return uri === undefined || uri.includes(';') ? node : `nsu=${uri};${id}`
}

/** `null` for what no address reads: structures, and values that are not there. */
function tagOf(address: string, { value }: Said): BrowsedTag | null {
  const held = value?.dataType ?? 0
  const kind = Object.entries(kinds).find(([, [, , fits]]) => (fits as readonly number[]).includes(held))?.[0]
  if (kind === undefined || value === undefined || value === null) return null
  const type = builtInNames[held] ?? kind
  if (value.arrayType === 0) return { address: `${address}:${kind}`, type, dimensions: [] }
  const count = typeof value.value === 'object' && value.value !== null && 'length' in value.value ? Number(value.value.length) : 0
  if (count === 0 || value.arrayType !== 1) return null
  return { address: `${address}:${kind}[${kind === 'String' || count === 1 ? 0 : `0..${Math.min(count, ELEMENTS_SHOWN) - 1}`}]`, type, dimensions: [count] }
}

async function inSteps<T, R>(all: readonly T[], atOnce: number, ask: (some: readonly T[]) => Promise<readonly R[]>): Promise<R[]> {
  const answers: R[] = []
  for (let from = 0; from < all.length; from += atOnce) answers.push(...await ask(all.slice(from, from + atOnce)))
  return answers
}
