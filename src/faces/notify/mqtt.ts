/** Messages to a topic of a broker, for lamps, pagers and plant systems that listen there. */

import type { Chance } from '../../base/chance.js'
import type { Clock } from '../../base/clock.js'
import type { Log } from '../../base/log.js'
import type { ChannelConfig } from '../../contract/config.js'
import type { Message } from '../../contract/events/message.js'
import { Fault } from '../../contract/faults.js'
import type { Connection } from '../mqtt/link.js'
import type { HandOver } from './hand-over.js'

type MqttConfig = Extract<ChannelConfig, { kind: 'mqtt' }>

/** From here on a reason code says no (MQTT 5, 2.4). */
const REFUSED_FROM = 0x80

/** A connection for each message: calls for help are rare. It is handed over when the broker has acknowledged it. */
export function mqtt(config: MqttConfig, gateway: string, parts: { readonly clock: Clock; readonly chance: Chance; readonly log: Log }): HandOver {
  return async (message, stopped) => {
    // Its library is the largest of all, and many a gateway has no broker.
    const { startLink } = await import('../mqtt/link.js')
    let end: () => Promise<void> = () => Promise.resolve()
    try {
      await new Promise<void>((done, failed) => {
        const fail = (detail: string) => { failed(new Fault('NOTIFICATION_FAILED', { detail })) }
        stopped.addEventListener('abort', () => { fail('the broker did not answer in time') }, { once: true })
        const link = startLink({
          ...parts,
          broker: {
            url: config.url, clientId: `lineside-${gateway}-${config.name}`, ...config.user === undefined ? {} : { user: config.user },
            ...config.password_file === undefined ? {} : { passwordFile: config.password_file }, ...config.ca_file === undefined ? {} : { caFile: config.ca_file },
            keepaliveMs: 30_000, waitMsMax: 60_000, sessionSeconds: 0,
          },
          up: (connection) => { done(publish(connection, config, message)) },
          down: (fault) => { fail(fault.code) },
          message: () => undefined,
        })
        end = () => link.stop()
      })
    } finally {
      await end()
    }
  }
}

async function publish(connection: Connection, { topic, retain }: MqttConfig, message: Message): Promise<void> {
  let code: number
  try {
    code = await connection.publish(topicOf(topic, message), JSON.stringify(message), { qos: 1, retain })
  } catch (cause) {
    throw new Fault('NOTIFICATION_FAILED', { detail: String(cause) }, cause)
  }
  if (code >= REFUSED_FROM) throw new Fault('NOTIFICATION_REFUSED', { detail: `the broker answered ${code}` })
}

/** What a topic cannot hold is left out of what is set into it. */
export const topicOf = (topic: string, { type, line_id, equipment_code }: Message): string =>
  topic.replaceAll('{type}', type).replaceAll('{line}', plain(line_id)).replaceAll('{equipment}', plain(equipment_code))

const plain = (name: string | undefined): string => (name ?? '-').replaceAll(/[+#/]/g, '_')
