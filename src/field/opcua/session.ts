/** A session with an OPC UA server: what it is asked, and how it ends at once with whatever goes wrong. */

import { join } from 'node:path'
import { given } from '../../base/assert.js'
import type { Ms } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { Asking, type Place, Refused } from './asking.js'
import type { Said } from './decode.js'
import { type Client, type ClientSession, loadLibrary } from './library.js'
import { openSession } from './opening.js'

type Deadlines = { readonly connect: Ms; readonly request: Ms }

/** What stands under a node. */
export interface Reference { readonly node: string; readonly name: string; readonly isVariable: boolean }

/** So many nodes are asked for at a time where the server names no limit of its own. */
const NODES_PER_REQUEST = 2_000

export class OpcuaSession {
  /** The most nodes of one request, by what is asked. */
  readonly atOnce = { read: NODES_PER_REQUEST, items: NODES_PER_REQUEST, paths: NODES_PER_REQUEST, browse: NODES_PER_REQUEST }
  readonly #plc: PlcOf<'opcua'>
  readonly #deadlineMs: Deadlines
  readonly #clients: Client[] = []
  #asking: Asking | null = null
  #session: ClientSession | null = null
  #closing: Promise<void> | null = null

  constructor(plc: PlcOf<'opcua'>, deadlineMs: Deadlines) {
    this.#plc = plc
    this.#deadlineMs = deadlineMs
  }

  /** Of a session that was opened, or is being opened. */
  get asking(): Asking { return given(this.#asking, 'an open session') }
  get requestsCount(): number { return this.#asking?.requestsCount ?? 0 }
  get bytesCount(): number { return this.#asking?.bytesCount ?? 0 }

  /** Connects, secures, logs in, and learns the server's limits. */
  async open(): Promise<void> {
    const library = await loadLibrary()
    const asking = this.#asking = new Asking(library, this.#plc.id, this.#deadlineMs.request)
    if (this.#closing !== null) throw asking.fail(this.#lost())
    this.#session = await openSession({ plc: this.#plc, deadlineMs: this.#deadlineMs, directory: this.#plc.certificates ?? join('data', 'opcua'), asking, clients: this.#clients })
    asking.token = this.#session.authenticationToken ?? null
    await this.#learnLimits()
  }

  /** The same as `work`, but a refusal that nobody knew what to do with ends the session: the server does not do what it must. */
  async orFault<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown
      throw this.asking.fail(new Fault('PLC_PROTOCOL', { plc: this.#plc.id, detail: `the server refused: ${thrown.status}` }))
    }
  }

  /** Values of at most `atOnce.read` places, in their order. */
  async read(places: readonly Place[]): Promise<readonly Said[]> {
    const asking = this.asking
    const { ReadRequest, ReadResponse, TimestampsToReturn } = asking.library
    const nodesToRead = places.map((place) => asking.valueOf(place))
    const { results } = await asking.ask(new ReadRequest({ maxAge: 0, timestampsToReturn: TimestampsToReturn.Neither, nodesToRead }), ReadResponse)
    return asking.whole(results, places.length)
  }

  /** The status of a write: 'Good' when it was taken. */
  async write(place: Place, dataType: number, value: unknown, isArray: boolean): Promise<string> {
    const asking = this.asking
    const { WriteRequest, WriteResponse, VariantArrayType } = asking.library
    const nodesToWrite = [{ ...asking.valueOf(place), value: { value: { dataType, arrayType: isArray ? VariantArrayType.Array : VariantArrayType.Scalar, value } } }]
    try {
      const { results } = await asking.ask(new WriteRequest({ nodesToWrite }), WriteResponse)
      return asking.whole(results, 1)[0]!.name
    } catch (thrown) {
      if (thrown instanceof Refused) return thrown.status
      throw thrown
    }
  }

  /** The nodes at the ends of paths of `namespace:name` steps from the Objects folder; `null` where nothing stands. */
  async resolve(paths: readonly (readonly { readonly namespace: number; readonly name: string }[])[]): Promise<readonly (string | null)[]> {
    const asking = this.asking
    const { TranslateBrowsePathsToNodeIdsRequest, TranslateBrowsePathsToNodeIdsResponse, coerceNodeId, QualifiedName } = asking.library
    const browsePaths = paths.map((steps) => ({
      startingNode: coerceNodeId(OBJECTS),
      relativePath: { elements: steps.map(({ namespace, name }) => ({ referenceTypeId: coerceNodeId(HIERARCHICAL), isInverse: false, includeSubtypes: true, targetName: new QualifiedName({ namespaceIndex: namespace, name }) })) },
    }))
    const { results } = await asking.ask(new TranslateBrowsePathsToNodeIdsRequest({ browsePaths }), TranslateBrowsePathsToNodeIdsResponse)
    return asking.whole(results, paths.length).map(({ statusCode, targets }) => statusCode.isGood() ? targets?.[0]?.targetId.toString() ?? null : null)
  }

  async namespaces(): Promise<readonly string[]> {
    const value: unknown = (await this.read([{ node: NAMESPACES, range: '' }]))[0]?.value?.value
    return Array.isArray(value) ? value.map(String) : []
  }

  /** What stands below each node, all pages of it. */
  async browse(nodes: readonly string[]): Promise<readonly (readonly Reference[])[]> {
    const asking = this.asking
    const { BrowseRequest, BrowseResponse, BrowseNextRequest, BrowseNextResponse, BrowseDirection, coerceNodeId } = asking.library
    const nodesToBrowse = nodes.map((node) => ({ nodeId: coerceNodeId(node), browseDirection: BrowseDirection.Forward, referenceTypeId: coerceNodeId(HIERARCHICAL), includeSubtypes: true, nodeClassMask: OBJECT | VARIABLE, resultMask: 0x0c }))
    const { results } = await asking.ask(new BrowseRequest({ requestedMaxReferencesPerNode: NODES_PER_REQUEST, nodesToBrowse }), BrowseResponse)
    const found: Reference[][] = []
    for (const first of asking.whole(results, nodes.length)) {
      const references: Reference[] = []
      found.push(references)
      for (let page = first; ;) {
        for (const { nodeId, browseName, nodeClass } of page.references ?? []) references.push({ node: nodeId.toString(), name: browseName.name ?? '', isVariable: isVariable(nodeClass) })
        if (page.continuationPoint === null || page.continuationPoint === undefined || page.continuationPoint.length === 0) break
        const next = await asking.ask(new BrowseNextRequest({ releaseContinuationPoints: false, continuationPoints: [page.continuationPoint] }), BrowseNextResponse)
        page = asking.whole(next.results, 1)[0]!
      }
    }
    return found
  }

  /** Ends at once; whatever is under way fails with PLC_LINK_LOST. A server that listens is told, since it has few sessions to give. */
  close(): Promise<void> {
    return this.#closing ??= this.#leave(this.#asking !== null && this.#asking.fault === null && this.#asking.underWay === 0 ? this.#session : null)
  }

  async #leave(session: ClientSession | null): Promise<void> {
    this.#asking?.fail(this.#lost())
    // Nobody waits longer for a good-bye than for an answer; and what goes wrong while leaving is of no interest.
    if (session !== null) await inTime(this.#deadlineMs.request, session.close(true)).catch(() => undefined)
    for (const channel of this.#asking?.channels ?? []) channel.abortConnection(() => undefined)
    for (const client of this.#clients) client.disconnect(() => undefined)
  }

  #lost(): Fault { return new Fault('PLC_LINK_LOST', { plc: this.#plc.id }) }

  async #limit(id: number): Promise<unknown> {
    try {
      return (await this.read([{ node: `i=${id}`, range: '' }]))[0]?.value?.value
    } catch (thrown) {
      if (thrown instanceof Refused) return null
      throw thrown
    }
  }

  async #learnLimits(): Promise<void> {
    const { Server_ServerCapabilities_OperationLimits_MaxNodesPerRead: read, Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall: items, Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds: paths, Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse: browse } = this.asking.library.VariableIds
    const asked = { read, items, paths, browse }
    for (const name of ['read', 'items', 'paths', 'browse'] as const) {
      // One by one, since how many may be asked at once is what is not known yet. A server without limits, or without these nodes, says 0 or nothing.
      const limit = await this.#limit(asked[name])
      if (typeof limit === 'number' && limit > 0) this.atOnce[name] = Math.min(limit, NODES_PER_REQUEST)
    }
  }
}

const OBJECTS = 'i=85'
/** Classes of nodes, as bits of a mask (OPC 10000-4, 7.29). */
const OBJECT = 1
const VARIABLE = 2
const isVariable = (nodeClass: number): boolean => nodeClass === VARIABLE
const HIERARCHICAL = 'i=33'
const NAMESPACES = 'i=2255'

async function inTime<T>(ms: Ms, work: Promise<T>): Promise<T | null> {
  const late = new AbortController()
  const timer = new Promise<null>((done) => { const id = setTimeout(() => { done(null) }, ms); late.signal.addEventListener('abort', () => { clearTimeout(id) }) })
  try {
    return await Promise.race([work, timer])
  } finally {
    late.abort()
  }
}
