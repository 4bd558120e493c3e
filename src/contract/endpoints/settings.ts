/** The configuration in force, its earlier versions, and the way from one to another. */

import { instantText, z } from '../schema.js'
import { asks } from './endpoint.js'
import { BASE } from './inputs.js'

const tag = 'service'
const configure = { tag, permission: 'configure' } as const

const version = z.strictObject({ version: z.int(), state: z.enum(['trial', 'good', 'failed']), at: instantText, by: z.string(), changes: z.array(z.string()) })
const outcome = z.strictObject({
  applied: z.int().describe('the version that is in force now'), changes: z.array(z.string()).describe('settings that are others now; none when it was in force already'),
})
export type ConfigOutcome = z.output<typeof outcome>

export const settings = {
  config: asks({
    ...configure, path: `${BASE}/config`, sentence: 'The configuration in force and the versions before it, newest first; and the text of one.',
    query: z.strictObject({ version: z.int().min(1).optional().describe('whose text; default: the one in force') }),
    data: () => z.strictObject({ version: z.int(), state: z.string(), warnings: z.array(z.string()), shown: z.int(), text: z.string().describe('as its file had it'), versions: z.array(version) }),
  }),
  config_apply: asks({
    ...configure, method: 'POST', status: 200, path: `${BASE}/config/apply`, sentence: 'Lets a configuration take effect between two turns, watches it for a while, and takes it back when the gateway does worse.',
    query: z.strictObject({ text: z.string().max(60_000).optional().describe('the configuration, as its file would have it; default: the file as it lies there') }), data: () => outcome,
  }),
  config_rollback: asks({
    ...configure, method: 'POST', status: 200, path: `${BASE}/config/rollback`, sentence: 'Goes back to an earlier version.',
    query: z.strictObject({ version: z.int().min(1).optional().describe('default: the good one before') }), data: () => outcome,
  }),
} as const
