/** Lists of the contract that screens draw. They are written here because the contract's own bring its schemas along; the compiler compares them. */

import type { AndonType, StateClass } from '../../../contract/config.js'

/** In the order of their buttons. */
export const andonTypes = ['maintenance', 'material', 'quality', 'safety', 'changeover', 'stop'] as const satisfies readonly AndonType[]

/** In the order of urgency on a board. */
export const statesByUrgency = ['faulted', 'unknown', 'stopped', 'blocked', 'starved', 'maintenance', 'changeover', 'setup', 'idle', 'running'] as const satisfies readonly StateClass[]
