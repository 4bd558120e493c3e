/** An OPC UA server for tests: node-opcua's own in a process of its own, with nodes to change, remove and forge, and limits to set. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Namespace, UAVariable } from 'node-opcua-address-space'
import type { DataTypeName } from './nodes.js'
import { given, never } from '../../../src/base/assert.js'
import { freeze } from '../../support/child.js'
import { freePort } from '../../support/ports.js'

/** A variable below `Line`, with the identifier `s=Line.NAME` unless it is said otherwise. */
export interface Node { readonly name: string; readonly type: DataTypeName; readonly value: unknown; readonly isArray?: boolean; readonly id?: string; readonly access?: 'read' | 'none' }

export interface ServerOptions {
  readonly nodes: readonly Node[]
  /** Where its certificates are kept. */
  readonly directory: string
  readonly port?: number
  /** Of the services: the most nodes of one request; 0 for no limit. */
  readonly limits?: { readonly read: number; readonly items: number; readonly paths: number; readonly browse: number }
  /** How many subscriptions a session may have, and how many items each of them. */
  readonly watches?: { readonly subscriptions: number; readonly items: number }
  /** With names and passwords, nobody is let in without. */
  readonly users?: Readonly<Record<string, string>>
  /** Certificates of clients that nobody has trusted are refused. */
  readonly isStrict?: boolean
  /** A namespace before ours, as another download of the PLC might bring it. */
  readonly namespaceBefore?: string
}

export type Order =
  | { readonly what: 'set'; readonly name: string; readonly value: unknown }
  | { readonly what: 'status'; readonly name: string; readonly status: string }
  | { readonly what: 'remove'; readonly name: string }
  /** A node made anew under its old identifier, with another type. */
  | { readonly what: 'put'; readonly node: Node }
  /** The state that the server gives itself. */
  | { readonly what: 'state'; readonly state: number }
  /** Every subscription ends, and nobody is told. */
  | { readonly what: 'forget' }
  | { readonly what: 'sessions' }

/** A server that may share its process with others. */
export interface Lodger {
  readonly port: number
  readonly endpoint: string
  /** Gives what is asked for, where something is: the number of sessions. */
  readonly tell: (order: Order) => Promise<number>
  close(): Promise<void>
}

/** The first server of a process, and whatever befalls the process. */
export interface Server extends Omit<Lodger, 'close'> {
  readonly pid: number
  /** Another server in the same process: starting a process takes longer than most tests. */
  beside(options: ServerOptions): Promise<Lodger>
  freeze(): Promise<void>
  thaw(): void
  kill(): Promise<void>
}

/** What goes to the process, where `to` is the port of the server that is meant. */
type Letter = { readonly to: number; readonly order: Order | { readonly what: 'close' } } | { readonly to: number; readonly start: ServerOptions }

export const NAMESPACE = 'urn:lineside:test:line'

export async function startServer(options: ServerOptions): Promise<Server> {
  const child = fork(fileURLToPath(import.meta.url), [], {
    // Without the test runner's own hooks, which take longer to load than the server. Most of a start is to build a tree of thousands of nodes that stay: what is young has room enough not to be looked at twice.
    serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: ['--max-semi-space-size=64'], env: { PATH: process.env['PATH'], HOME: options.directory },
  })
  try {
    const { port, endpoint, tell } = await startIn(child, options)
    return {
      port, endpoint, tell, pid: child.pid!,
      beside: (others) => startIn(child, others),
      freeze: () => freeze(child),
      thaw: () => { child.kill('SIGCONT') },
      async kill() {
        if (child.exitCode !== null || child.signalCode !== null) return
        const exited = once(child, 'exit')
        child.kill('SIGKILL')
        await exited
      },
    }
  } catch (thrown) {
    child.kill('SIGKILL')
    throw thrown
  }
}

async function startIn(child: ChildProcess, options: ServerOptions): Promise<Lodger> {
  const port = options.port ?? await freePort()
  await tell(child, { to: port, start: options })
  return { port, endpoint: `opc.tcp://127.0.0.1:${port}`, tell: (order) => tell(child, { to: port, order }), async close() { await tell(child, { to: port, order: { what: 'close' } }) } }
}

async function tell(child: ChildProcess, letter: Letter): Promise<number> {
  const answered = once(child, 'message')
  child.send(letter)
  const [answer] = await answered as [number | string]
  if (typeof answer === 'string') throw new Error(answer)
  return answer
}

/* ── the server's side: this file, forked ────────────────────────────────────────────────────── */

type Act = (order: Order | { readonly what: 'close' }) => Promise<number>

async function serve(port: number, { nodes, directory, limits, watches, users, isStrict, namespaceBefore }: ServerOptions): Promise<Act> {
  const { OPCUAServer } = await import('node-opcua-server')
  const { OPCUACertificateManager } = await import('node-opcua-certificate-manager')
  const { coerceStatusCode } = await import('node-opcua-status-code')
  const { nodesets } = await import('node-opcua-nodesets')
  const server = new OPCUAServer({
    port, nodeset_filename: [nodesets.standard],
    serverCertificateManager: new OPCUACertificateManager({ rootFolder: `${directory}/pki`, automaticallyAcceptUnknownCertificate: isStrict !== true }),
    serverCapabilities: {
      // On a busy machine a client in a hurry gives up before its session is there, and the server keeps it for a while.
      maxSessions: 1_000,
      ...(limits === undefined ? {} : { operationLimits: { maxNodesPerRead: limits.read, maxMonitoredItemsPerCall: limits.items, maxNodesPerTranslateBrowsePathsToNodeIds: limits.paths, maxNodesPerBrowse: limits.browse } }),
    },
    ...(users === undefined ? {} : { allowAnonymous: false, userManager: { isValidUser: (name: string, password: string) => users[name] === password } }),
  })
  await server.initialize()
  if (watches !== undefined) {
    server.engine.serverCapabilities.maxSubscriptionsPerSession = watches.subscriptions
    server.engine.serverCapabilities.maxMonitoredItemsPerSubscription = watches.items
  }
  const { addressSpace } = server.engine
  if (addressSpace === null) throw new Error('no address space')
  if (namespaceBefore !== undefined) addressSpace.registerNamespace(namespaceBefore)
  const own = addressSpace.registerNamespace(NAMESPACE)
  const line = own.addFolder('ObjectsFolder', { browseName: 'Line' })
  const variables = new Map<string, UAVariable>()
  const put = (node: Node): void => { variables.set(node.name, added(own, node, line)) }
  for (const node of nodes) put(node)
  await server.start()

  return async (order) => {
    switch (order.what) {
      case 'set': {
        const variable = found(variables, order.name)
        const { dataType, arrayType } = variable.readValue().value
        variable.setValueFromSource({ dataType, arrayType, value: order.value })
        return 0
      }
      case 'status': {
        const variable = found(variables, order.name)
        variable.setValueFromSource(variable.readValue().value, coerceStatusCode(order.status))
        return 0
      }
      case 'remove': own.deleteNode(found(variables, order.name)); variables.delete(order.name); return 0
      case 'put': put(order.node); return 0
      case 'state': server.engine.setServerState(order.state); return 0
      case 'forget':
        for (const session of Object.values((server.engine as unknown as { readonly _sessions: Readonly<Record<string, { deleteSubscription(id: number): void; readonly publishEngine: { readonly subscriptions: readonly { readonly id: number }[] } }>> })._sessions)) {
          for (const { id } of [...session.publishEngine.subscriptions]) session.deleteSubscription(id)
        }
        return 0
      case 'sessions': return server.engine.currentSessionCount
      case 'close': await server.shutdown(0); return 0
      default: return never(order)
    }
  }
}

function added(own: Namespace, { name, type, value, isArray, id, access }: Node, line: ReturnType<Namespace['addFolder']>): UAVariable {
  return own.addVariable({
    componentOf: line, browseName: name, nodeId: id ?? `s=Line.${name}`, dataType: type, minimumSamplingInterval: 0,
    ...(isArray === true ? { valueRank: 1, arrayDimensions: [0] } : {}), ...(access === 'none' ? { accessLevel: 0, userAccessLevel: 0 } : {}),
    value: { dataType: type, arrayType: isArray === true ? 'Array' : 'Scalar', value },
  })
}

function found(variables: ReadonlyMap<string, UAVariable>, name: string): UAVariable {
  const variable = variables.get(name)
  if (variable === undefined) throw new Error(`no variable ${name}`)
  return variable
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  const servers = new Map<number, Act>()
  process.on('disconnect', () => { process.kill(process.pid, 'SIGKILL') })
  process.on('message', (message) => {
    // The channel carries only what this file sends.
    const letter = message as Letter
    const answer = async (): Promise<number> => {
      if ('order' in letter) return given(servers.get(letter.to), `a server at ${letter.to}`)(letter.order)
      servers.set(letter.to, await serve(letter.to, letter.start))
      return 0
    }
    const reply = async (): Promise<void> => {
      try {
        process.send?.(await answer())
      } catch (thrown) {
        process.send?.(thrown instanceof Error ? thrown.stack : String(thrown))
      }
    }
    void reply()
  })
}
