/** PackML StateCurrent by number (PackTags of ISA-TR88.00.02), and which of the states make parts. */

export const states = {
  clearing: 1, stopped: 2, starting: 3, idle: 4, suspended: 5, execute: 6, stopping: 7, aborting: 8, aborted: 9,
  holding: 10, held: 11, unholding: 12, suspending: 13, unsuspending: 14, resetting: 15, completing: 16, complete: 17,
} as const

export type StateName = keyof typeof states
export type StateNumber = (typeof states)[StateName]

export const stateNames = Object.keys(states) as readonly StateName[]

export const modes = { production: 1, maintenance: 2, manual: 3 } as const
export type ModeName = keyof typeof modes

/** Completing ends the last parts of a batch, so it counts as running too. */
export const makesParts = (state: StateName): boolean => state === 'execute' || state === 'completing'

/** A hold interrupts a machine that makes parts, or waits for a neighbour to make more; from anywhere else only an abort does. */
export const mayHold = (state: StateName): boolean => state === 'execute' || state === 'suspending' || state === 'suspended' || state === 'unsuspending'
