/** What a connection to the broker of an upstream needs, from its configuration. */

import type { UpstreamConfig } from '../../contract/config.js'
import type { Broker } from './link.js'

/** `role` tells the connections of one upstream apart: two clients of one id push each other off the broker. */
export function brokerOf(config: UpstreamConfig, gateway: string, role = ''): Broker {
  const { tls } = config
  return {
    url: config.url, clientId: `${config.client_id ?? `lineside-${gateway}-${config.name}`}${role}`, keepaliveMs: config.keepalive, waitMsMax: config.reconnect_max, sessionSeconds: 0,
    ...(config.user === undefined ? {} : { user: config.user }), ...(config.password_file === undefined ? {} : { passwordFile: config.password_file }),
    ...(tls.ca_file === undefined ? {} : { caFile: tls.ca_file }), ...(tls.cert_file === undefined ? {} : { certFile: tls.cert_file }), ...(tls.key_file === undefined ? {} : { keyFile: tls.key_file }),
  }
}
