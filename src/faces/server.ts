/** Opens the server of the chosen adapter. The one that was asked for, or none: there is no silent fallback. */

import { limits } from '../base/limits.js'
import type { AdapterName, Server, ServerLimits, ServerOptions } from './http.js'
import { strict } from './server/strict.js'
import { type Adapter, Workshop } from './server/workshop.js'

// Only the chosen one is loaded: they stand on different libraries.
const adapters: Record<AdapterName, () => Promise<Adapter>> = {
  uws: async () => (await import('./server/uws.js')).uwsAdapter,
  node: async () => (await import('./server/node.js')).nodeAdapter,
}

const usual: ServerLimits = {
  bodyBytesMax: limits.bodyBytesMax,
  headersMax: limits.headersMax,
  headBytesMax: limits.headBytesMax,
  requestMs: 10_000,
  answerMs: 15_000,
  socketsMax: limits.socketsMax,
  socketFrameBytesMax: limits.socketFrameBytesMax,
  socketBacklogBytesMax: limits.socketBacklogBytesMax,
  slowMs: 2_000,
  socketQuietMs: 30_000,
  certificateLookMs: 10_000,
  stopMs: 2_000,
}

/**
 * Resolves when the port is bound. Rejects with the faults `PORT_IN_USE`, `ADDRESS_UNUSABLE`, `CERTIFICATE_UNUSABLE`
 * and `SERVER_ADAPTER_MISSING`.
 */
export async function openServer(options: ServerOptions): Promise<Server> {
  const adapter = await adapters[options.adapter]()
  return adapter(new Workshop({ ...(options.tls === null ? options : strict(options)), limits: { ...usual, ...options.limits } }))
}
