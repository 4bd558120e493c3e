/** Which endpoint an address means. Made once from the route table. */

import { type EndpointName, endpoints } from '../../contract/endpoints/table.js'
import type { Endpoint, Method } from '../../contract/endpoints/endpoint.js'

export interface Route {
  readonly name: EndpointName
  readonly endpoint: Endpoint
  /** Values of the parameters in the path, by name. */
  readonly params: Readonly<Record<string, string>>
}

export type Found =
  | { readonly route: Route }
  /** The address exists, but takes other methods. */
  | { readonly allow: readonly Method[] }
  | null

export type Router = (method: string, path: string) => Found

interface Leaf { readonly name: EndpointName; readonly endpoint: Endpoint; readonly names: readonly string[] }

/** Segments of an address as a tree: what stands there literally goes before what may be anything. */
interface Branch {
  readonly literal: Map<string, Branch>
  any: Branch | null
  readonly leaves: Map<string, Leaf>
}

const branch = (): Branch => ({ literal: new Map(), any: null, leaves: new Map() })

export function makeRouter(): Router {
  const root = branch()
  for (const [name, endpoint] of endpoints) plant(root, name, endpoint)
  return (method, path) => {
    const values: string[] = []
    const end = path.startsWith('/') ? walk(root, path.slice(1).split('/'), 0, values) : null
    if (end === null) return null
    const leaf = end.leaves.get(method)
    if (leaf === undefined) return { allow: [...end.leaves.keys()] as Method[] }
    return { route: { name: leaf.name, endpoint: leaf.endpoint, params: Object.fromEntries(leaf.names.map((param, i) => [param, values[i]!])) } }
  }
}

function plant(root: Branch, name: EndpointName, endpoint: Endpoint): void {
  const names: string[] = []
  let at = root
  for (const segment of endpoint.path.slice(1).split('/')) {
    const param = /^\{(\w+)\}$/.exec(segment)?.[1]
    if (param !== undefined) names.push(param)
    const next = (param === undefined ? at.literal.get(segment) : at.any) ?? branch()
    if (param === undefined) at.literal.set(segment, next)
    else at.any = next
    at = next
  }
  at.leaves.set(endpoint.method, { name, endpoint, names })
}

function walk(at: Branch, segments: readonly string[], index: number, values: string[]): Branch | null {
  const segment = segments[index]
  if (segment === undefined) return at.leaves.size > 0 ? at : null
  const literal = at.literal.get(segment)
  if (literal !== undefined) {
    const end = walk(literal, segments, index + 1, values)
    if (end !== null) return end
  }
  if (at.any === null || segment === '') return null
  const depth = values.push(segment)
  const end = walk(at.any, segments, index + 1, values)
  if (end === null) values.length = depth - 1
  return end
}
