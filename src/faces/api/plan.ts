/** Answers about a configuration that is tried on what was recorded. */

import type { Desk } from '../../contract/desk.js'
import type { Handlers } from './ask.js'

export const planHandlers = (desk: Desk): Pick<Handlers, 'plan_start' | 'plan_state'> => ({
  plan_start: ({ query }) => desk.planConfig(query),
  plan_state: () => desk.plan(),
})
