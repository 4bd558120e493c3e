/** Answers of the gateway about itself. */

import { since } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import { asyncapi } from './asyncapi.js'
import type { Bare, Handlers } from './ask.js'
import { docsPage } from './docs.js'
import { metricsOf } from './metrics.js'
import { openapi } from './openapi.js'
import type { SocketDesk } from './sockets.js'
import type { StandbyDesk } from './standby.js'

export function serviceHandlers(desk: Desk, sockets: SocketDesk, standby: Pick<StandbyDesk, 'state'>): Pick<Handlers, 'healthz' | 'readyz' | 'metrics' | 'openapi' | 'asyncapi' | 'docs'> {
  const json = (status: number, value: unknown): Bare => ({ status, bare: JSON.stringify(value) })
  const once = <T>(make: () => T): (() => T) => {
    let made: T | undefined
    return () => (made ??= make())
  }
  const descriptions = { openapi: once(() => json(200, openapi(desk.version))), asyncapi: once(() => json(200, asyncapi(desk.version))) }
  const metrics = once(() => metricsOf(desk, sockets, standby))
  const uptime = (startedAt: ReturnType<Desk['now']>): number => since(desk.now(), startedAt) / 1_000

  return {
    healthz() {
      const { alive, startedAt } = desk.health()
      return json(alive ? 200 : 503, { alive, version: desk.version, uptime_seconds: uptime(startedAt) })
    },
    readyz() {
      const { ready, reasons, warnings, startedAt, turnsCount, turnsMissedCount, turnMs, plcs } = desk.health()
      const { epoch, seq } = desk.head()
      return json(ready ? 200 : 503, {
        ready, reasons, warnings: [...warnings], gateway: desk.gateway, version: desk.version, config: desk.configVersion, epoch, seq, uptime_seconds: uptime(startedAt),
        turns: { finished: turnsCount, missed: turnsMissedCount, p50_milliseconds: turnMs.p50, p99_milliseconds: turnMs.p99 },
        plcs: plcs.map(({ plc, state, fault, cyclesMissedCount, badTags }) => ({ plc, state, fault, cycles_missed: cyclesMissedCount, bad_tags: badTags.length })),
      })
    },
    metrics: async () => ({ status: 200, bare: await (await metrics())() }),
    openapi: () => descriptions.openapi(),
    asyncapi: () => descriptions.asyncapi(),
    docs: () => docsPage,
  }
}
