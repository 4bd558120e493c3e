/** What a broker's reason codes mean for us, and what a person can do about them. */

import type { Fault } from '../../contract/faults.js'

/** What to do with the lane after a PUBACK. */
export type Verdict = 'taken' | 'no_consumer' | 'later' | 'forbidden'

export function verdictOf(reason: number): Verdict {
  if (reason === 0) return 'taken'
  // The broker had nobody to give it to, and threw it away.
  if (reason === 0x10) return 'no_consumer'
  // Not authorised, bad topic name, packet too large, bad payload: sending it again changes nothing.
  return [0x87, 0x90, 0x95, 0x99].includes(reason) ? 'forbidden' : 'later'
}

const meanings: Readonly<Record<number, readonly [meaning: string, advice: string]>> = {
  0x01: ['it does not speak this version of MQTT', 'The next attempt uses MQTT 3.1.1.'],
  0x02: ['it does not like the client id', 'Choose another `client_id`.'],
  0x03: ['it is not available', 'Wait, or look at the broker.'],
  0x04: ['user or password is wrong', 'Check `user` and `password_file`.'],
  0x05: ['we are not authorised', 'Check the user and the ACL of the broker.'],
  0x10: ['nobody subscribes to our records', 'Start the consumer, with a durable session.'],
  0x80: ['unspecified error', 'Look at the log of the broker.'],
  0x83: ['an error of its own', 'Look at the log of the broker.'],
  0x84: ['it does not speak this version of MQTT', 'The next attempt uses MQTT 3.1.1.'],
  0x85: ['it does not like the client id', 'Choose another `client_id`.'],
  0x86: ['user or password is wrong', 'Check `user` and `password_file`.'],
  0x87: ['we are not authorised', 'Check the user, the certificate and the ACL of the broker.'],
  0x88: ['it is not available', 'Wait, or look at the broker.'],
  0x89: ['it is busy', 'Wait, or look at the load of the broker.'],
  0x8a: ['we are banned', 'Ask who runs the broker.'],
  0x8b: ['it is shutting down', 'Wait until it is back.'],
  0x8e: ['another client with our id connected', 'Give each client an id of its own; look for a second gateway with this configuration.'],
  0x93: ['we sent more than it takes at once', 'Lower `window`.'],
  0x95: ['a packet was too large', 'Lower `message`, or raise the limit of the broker.'],
  0x97: ['our quota is used up', 'Raise the quota, or the queue limit, of the broker.'],
  0x99: ['it does not like the payload', 'Look for a payload rule at the broker.'],
  0x9f: ['we connect too often', 'Wait; look for a second client with our id.'],
}

/** Plain words for a reason code. */
export function wordsOf(reason: number): { readonly code: string; readonly meaning: string; readonly advice: string } {
  const [meaning, advice] = meanings[reason] ?? ['a reason of its own', 'Look the code up in the manual of the broker.']
  return { code: `0x${reason.toString(16).padStart(2, '0')}`, meaning, advice }
}

/** The fault a person sees while the broker cannot be reached. */
export const plainly = (fault: Fault): string => {
  const { meaning, advice } = fault.fields
  return typeof meaning === 'string' ? `the broker says: ${meaning}. ${String(advice)}` : `${fault.message.slice(fault.code.length + 2)}. ${fault.remedy}`
}
