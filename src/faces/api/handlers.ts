/** Who answers what: every endpoint that asks has its handler here, and the compiler knows when one is missing. */

import type { Desk } from '../../contract/desk.js'
import type { Access } from '../access/access.js'
import { type Doors, accessHandlers } from './access.js'
import { analyticsHandlers } from './analytics.js'
import { andonHandlers } from './andons.js'
import type { Handlers } from './ask.js'
import { auditHandlers } from './audit.js'
import { type BoxDesk, boxHandlers } from './box.js'
import { controlHandlers } from './control.js'
import { explainHandlers } from './explain.js'
import { jobHandlers } from './jobs.js'
import { planHandlers } from './plan.js'
import { plantHandlers } from './plant.js'
import { productionHandlers } from './production.js'
import type { PastHandlers } from './past.js'
import { serviceHandlers } from './service.js'
import { type SettingsDesk, settingsHandlers } from './settings.js'
import { type SocketDesk, socketHandlers } from './sockets.js'
import { type StandbyDesk, standbyHandlers, whereWorked } from './standby.js'
import { stopHandlers } from './stops.js'
import { upstreamHandlers } from './upstreams.js'

/** What is asked beside the desk: about the process, its doors and its settings. */
export interface House {
  readonly box: BoxDesk
  readonly doors: Doors
  readonly settings: SettingsDesk
  readonly standby: StandbyDesk
  /** Reports and explanations take their time: the gateway has them made on a thread of their own. */
  readonly past: PastHandlers
}

export function handlersOf(desk: Desk, access: Access, sockets: SocketDesk, { box, doors, settings, standby, past }: House): Handlers {
  return {
    ...productionHandlers(desk),
    ...jobHandlers(desk),
    ...stopHandlers(desk),
    ...andonHandlers(desk),
    ...analyticsHandlers(desk),
    ...past,
    ...controlHandlers(desk),
    ...explainHandlers(desk, past),
    ...plantHandlers(desk),
    ...auditHandlers(desk),
    ...socketHandlers(access.tickets, sockets),
    ...upstreamHandlers(desk),
    ...planHandlers(desk),
    ...boxHandlers(desk, box),
    ...whereWorked(accessHandlers(desk, doors), standby),
    ...settingsHandlers(settings),
    ...standbyHandlers(standby),
    ...serviceHandlers(desk, sockets, standby),
  }
}
