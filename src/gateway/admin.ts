/** The socket in the data directory through which whoever may write there changes the gateway itself. File permissions are the key. */

import { chmodSync, rmSync } from 'node:fs'
import { type IncomingMessage, createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Level, type Log, levels } from '../base/log.js'
import { limits } from '../base/limits.js'
import { openSocketPath } from '../base/socket-path.js'
import { code, z } from '../contract/schema.js'
import type { LifeCycle } from '../configuration/life-cycle.js'

export interface Admin { stop(): Promise<void> }

export interface AdminParts {
  readonly directory: string
  readonly lifeCycle: LifeCycle
  readonly log: Log
}

const applying = z.strictObject({
  source: z.strictObject({ file: z.string(), texts: z.record(z.string(), z.string()) }),
  by: z.string().min(1).max(64), trial_ms: z.int().min(0).max(limits.trialMsMax).default(limits.trialMs),
})
const rollingBack = z.strictObject({ version: z.int().min(1).nullable().default(null), by: z.string().min(1).max(64) })
const logging = z.strictObject({ level: z.enum(levels), for_ms: z.int().min(1_000).max(24 * 3_600_000).nullable().default(null), part: code.nullable().default(null) })

/** Never keeps the gateway from starting: without the socket its verbs say so. */
export async function openAdmin({ directory, lifeCycle, log }: AdminParts): Promise<Admin> {
  const place = openSocketPath(directory, 'admin.sock')
  let back: NodeJS.Timeout | null = null

  function setLevel({ level, for_ms: forMs, part }: z.output<typeof logging>): { level: Level; before: Level } {
    const before = log.level(part)
    log.setLevel(level, part)
    if (back !== null) clearTimeout(back)
    back = forMs === null ? null : setTimeout(() => { log.setLevel(before, part); log.info('the log level is as it was', { level: before }) }, forMs).unref()
    return { level, before }
  }

  async function answer(request: IncomingMessage): Promise<readonly [status: number, body: unknown]> {
    const asked = `${request.method} ${request.url}`
    if (asked === 'GET /config') return [200, lifeCycle.now()]
    const body: unknown = JSON.parse(await text(request) || '{}')
    switch (asked) {
      case 'POST /config': { const { source, by, trial_ms: trialMs } = applying.parse(body); return outcome(await lifeCycle.apply(source, by, trialMs)) }
      case 'POST /config/rollback': { const { version, by } = rollingBack.parse(body); return outcome(await lifeCycle.rollback(version, by)) }
      case 'POST /log': return [200, setLevel(logging.parse(body))]
      default: return [404, { refused: 'NOT_FOUND', why: `there is no ${asked}`, details: [] }]
    }
  }

  // One that was left by a process that died would keep the name taken; the lock of the journal says that no other is alive.
  rmSync(place.path, { force: true })
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    void answer(request)
      .catch((thrown: unknown) => [thrown instanceof z.ZodError || thrown instanceof SyntaxError ? 400 : 500, { refused: 'FAILED', why: String(thrown), details: [] }] as const)
      .then(([status, body]) => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)) })
  })
  await new Promise<void>((resolve) => {
    server.once('error', (error) => { log.warn('the admin socket cannot be opened', { error: error.message }); resolve() })
    server.listen(place.path, resolve)
  })
  if (server.listening) chmodSync(place.path, 0o600)
  return {
    async stop() {
      if (back !== null) clearTimeout(back)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      place.close()
    },
  }
}

const outcome = (result: object): readonly [number, unknown] => ['refused' in result ? 409 : 200, result]
