/** The kinds that configuration, facts and answers name alike. They stand apart from every schema, so that whoever reads an answer need not build that of a configuration. */

/** The classes of state that time is booked by. */
export const stateClasses = ['running', 'stopped', 'faulted', 'starved', 'blocked', 'idle', 'changeover', 'maintenance', 'setup', 'unknown'] as const

export const reasonCategories = ['unplanned', 'planned', 'changeover', 'excluded'] as const

export const andonTypes = ['stop', 'maintenance', 'quality', 'safety', 'material', 'changeover'] as const
export const andonPriorities = ['low', 'medium', 'high', 'critical'] as const

/** What a light can show, the most urgent last: the worst open call decides. */
export const lightStates = ['quiet', 'attended', 'acknowledged', 'raised', 'escalated', 'line_stopped'] as const

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
