/** What every way out of the house is: a function that hands over one message. */

import type { Message } from '../../contract/events/message.js'

/** Throws NOTIFICATION_FAILED when it may be tried again, NOTIFICATION_REFUSED when that is of no use. */
export type HandOver = (message: Message, stopped: AbortSignal) => Promise<void>
