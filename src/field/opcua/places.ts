/** Where the nodes of addresses stand on one server: namespace URIs into its numbers, names into its nodes. */

import type { NodePlace, OpcuaTarget } from './address.js'
import type { Place } from './asking.js'
import type { OpcuaSession } from './session.js'

/** The place of each target; a string says why it has none. */
export async function lookUp(session: OpcuaSession, targets: readonly OpcuaTarget[]): Promise<readonly (Place | string)[]> {
  const isUri = (namespace: number | string): boolean => typeof namespace === 'string'
  const needsUris = targets.some(({ node }) => node.by === 'id' ? isUri(node.namespace) : node.steps.some(({ namespace }) => isUri(namespace)))
  const uris = needsUris ? await session.namespaces() : []
  const found: (Place | string)[] = targets.map(({ node, range }) => {
    const missing = namespacesOf(node).find((namespace) => typeof namespace === 'string' && !uris.includes(namespace))
    if (missing !== undefined) return `the server has no namespace ${String(missing)}; it has ${uris.join(', ')}`
    return node.by === 'id' ? { node: `ns=${indexOf(node.namespace, uris)};${node.id}`, range } : 'nothing stands at the end of this path'
  })

  const paths = targets.flatMap(({ node }, i) => node.by === 'path' && namespacesOf(node).every((namespace) => typeof namespace === 'number' || uris.includes(namespace)) ? [{ i, steps: node.steps }] : [])
  for (let from = 0; from < paths.length; from += session.atOnce.paths) {
    const asked = paths.slice(from, from + session.atOnce.paths)
    const nodes = await session.resolve(asked.map(({ steps }) => steps.map(({ namespace, name }) => ({ namespace: indexOf(namespace, uris), name }))))
    for (const [position, { i }] of asked.entries()) {
      const node = nodes[position]
      if (node !== null && node !== undefined) found[i] = { node, range: targets[i]!.range }
    }
  }
  return found
}

const namespacesOf = (node: NodePlace): readonly (number | string)[] => node.by === 'id' ? [node.namespace] : node.steps.map(({ namespace }) => namespace)
const indexOf = (namespace: number | string, uris: readonly string[]): number => typeof namespace === 'number' ? namespace : uris.indexOf(namespace)
