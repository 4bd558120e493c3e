/** What another configuration would have made of the last hours. */

import { planState } from '../plan.js'
import { z } from '../schema.js'
import { asks } from './endpoint.js'
import { BASE } from './inputs.js'

const tag = 'service'

export const plan = {
  plan_start: asks({
    method: 'POST', path: `${BASE}/config/plan`, tag, permission: 'configure', status: 200, data: () => planState,
    sentence: 'Solves the last hours of the journal again under another configuration, and lists what would have come out otherwise. It runs beside the gateway: ask for its state until it is done.',
    query: z.strictObject({ text: z.string().max(900_000).optional().describe('the configuration, as its file would have it; default: the file as it lies there'), hours: z.number().positive().max(168).default(8) }),
  }),
  plan_state: asks({ path: `${BASE}/config/plan`, tag, sentence: 'How far the plan of a configuration is, and what it found.', permission: 'configure', data: () => planState }),
} as const
