/** Who answers what: every endpoint that asks has its handler here, and the compiler knows when one is missing. */

import type { Desk } from '../../contract/desk.js'
import type { Access } from '../access/access.js'
import { analyticsHandlers } from './analytics.js'
import { andonHandlers } from './andons.js'
import type { Handlers } from './ask.js'
import { auditHandlers } from './audit.js'
import { controlHandlers } from './control.js'
import { explainHandlers } from './explain.js'
import { jobHandlers } from './jobs.js'
import { planHandlers } from './plan.js'
import { plantHandlers } from './plant.js'
import { productionHandlers } from './production.js'
import { serviceHandlers } from './service.js'
import { type SocketDesk, socketHandlers } from './sockets.js'
import { stopHandlers } from './stops.js'
import { upstreamHandlers } from './upstreams.js'

export function handlersOf(desk: Desk, access: Access, sockets: SocketDesk): Handlers {
  return {
    ...productionHandlers(desk),
    ...jobHandlers(desk),
    ...stopHandlers(desk),
    ...andonHandlers(desk),
    ...analyticsHandlers(desk),
    ...controlHandlers(desk),
    ...explainHandlers(desk),
    ...plantHandlers(desk),
    ...auditHandlers(desk),
    ...socketHandlers(access.tickets, sockets),
    ...upstreamHandlers(desk),
    ...planHandlers(desk),
    ...serviceHandlers(desk, sockets),
  }
}
