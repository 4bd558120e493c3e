/** Answers about the past that take long: what they need of the moment comes with the question, so that they can be worked out anywhere. */

import type { PastDesk } from '../../contract/desk.js'
import type { Handlers } from './ask.js'
import { explainedHandlers } from './explain.js'
import { reportHandlers } from './reports.js'

export type PastHandlers = ReturnType<typeof reportHandlers> & ReturnType<typeof explainedHandlers>
export type PastName = keyof PastHandlers & keyof Handlers

export const pastHandlers = (desk: PastDesk): PastHandlers => ({ ...reportHandlers(desk), ...explainedHandlers(desk) })
