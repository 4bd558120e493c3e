/** The box itself: storage, certificates, versions, the log's tail and the support bundle. */

import { box as boxView, logLine } from '../box.js'
import { z } from '../schema.js'
import { asks } from './endpoint.js'
import { BASE } from './inputs.js'

const tag = 'service'

export const box = {
  box: asks({ path: `${BASE}/box`, tag, sentence: 'What the gateway stores and wears, which certificates end when, and which versions run.', permission: 'maintain', data: () => boxView }),
  box_log: asks({
    path: `${BASE}/box/log`, tag, sentence: 'The newest lines of the log since the gateway started, oldest first.', permission: 'maintain',
    query: z.strictObject({ limit: z.int().min(1).max(500).default(100), level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('this one and those above') }),
    data: () => z.strictObject({ lines: z.array(logLine) }),
  }),
  support_bundle: asks({ path: `${BASE}/box/support-bundle`, tag, sentence: 'All that somebody far away needs to see, gzipped, without a secret.', permission: 'maintain', bare: 'application/gzip', data: () => z.string() }),
} as const
