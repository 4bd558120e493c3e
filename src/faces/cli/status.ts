/** `lineside status`: is the gateway ready, and how are its PLCs? */

import { service } from '../../contract/endpoints/service.js'
import type { z } from '../../contract/schema.js'
import { bareOf } from './answer.js'
import type { Gateway } from './gateway.js'
import { type Format, rendered } from './output.js'
import { spoken } from './spoken.js'
import type { Said } from './verb.js'

type Ready = z.output<typeof service.readyz.data>

/** What to print, and `problems` when the gateway cannot do its job. A PLC that is away is shown and is no problem of the gateway. */
export async function status(gateway: Gateway, format: Format): Promise<Said> {
  const ready = await bareOf(gateway, service.readyz.data, service.readyz.path)
  return { text: format === 'json' ? `${JSON.stringify(ready, null, 2)}\n` : textOf(ready, format), exit: ready.ready ? 'done' : 'problems', talk: [] }
}

function textOf(ready: Ready, format: Format): string {
  const plcs = rendered(ready.plcs, { main: ['plc', 'state', 'fault', 'cycles_missed', 'bad_tags'], all: ['plc', 'state', 'fault', 'cycles_missed', 'bad_tags'], name: 'plc' }, format)
  if (format !== 'table' && format !== 'wide') return plcs
  const { turns } = ready
  return [
    `${ready.gateway} is ${ready.ready ? 'ready' : `not ready: ${ready.reasons.join(', ')}`}`,
    ...ready.warnings.map((warning) => `! ${warning}`),
    `lineside ${ready.version}, up ${spoken(ready.uptime_seconds)}, configuration ${ready.config}, journal ${ready.epoch} at ${ready.seq}`,
    `${turns.finished} turns, ${turns.missed} missed; a turn takes ${turns.p50_milliseconds} ms, at worst one in a hundred ${turns.p99_milliseconds} ms`,
    '',
    plcs,
  ].join('\n')
}
