/** The gateway about itself: alive, ready, its figures and its own description. */

import { seconds, z } from '../schema.js'
import { asks } from './endpoint.js'

const tag = 'service'
const json = 'application/json'

export const service = {
  healthz: asks({
    path: '/healthz', tag, sentence: 'Alive: turns are finished. 503 when they are not.', permission: null, bare: json,
    data: () => z.strictObject({ alive: z.boolean(), version: z.string(), uptime_seconds: seconds }),
  }),
  readyz: asks({
    path: '/readyz', tag, sentence: 'Can do its job: the journal is writable, the configuration loaded. PLCs are shown and do not decide. 503 when it is not.', bare: json,
    data: () => z.strictObject({
      ready: z.boolean(), reasons: z.array(z.string()), warnings: z.array(z.string()), gateway: z.string(), version: z.string(), config: z.int(), epoch: z.string(), seq: z.int(), uptime_seconds: seconds,
      turns: z.strictObject({ finished: z.number(), missed: z.number(), p50_milliseconds: z.number(), p99_milliseconds: z.number() }),
      plcs: z.array(z.strictObject({ plc: z.string(), state: z.string(), fault: z.string().nullable(), cycles_missed: z.number(), bad_tags: z.number() })),
    }),
  }),
  metrics: asks({ path: '/metrics', tag, sentence: 'Figures for Prometheus.', permission: 'metrics', bare: 'text/plain; version=0.0.4; charset=utf-8', data: () => z.string() }),
  openapi: asks({ path: '/api/v1/openapi.json', tag, sentence: 'This interface, as OpenAPI 3.1.', bare: json, data: () => z.looseObject({ openapi: z.string() }) }),
  asyncapi: asks({ path: '/api/v1/asyncapi.json', tag, sentence: 'The sockets and the upstream, as AsyncAPI 3.', bare: json, data: () => z.looseObject({ asyncapi: z.string() }) }),
  docs: asks({ path: '/docs', tag, sentence: 'This interface, to read and try; the page is empty until a token is given.', permission: null, bare: 'text/html; charset=utf-8', data: () => z.string() }),
} as const
