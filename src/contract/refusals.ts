/** The ways a person or a system is told no: the code, the HTTP status it maps to, and the sentence. */

import type { z } from './schema.js'

export const refusals = {
  REQUEST_MALFORMED: [400, 'the request is not well-formed HTTP'],
  BODY_MISFIT: [400, 'the request does not fit its schema'],
  UNAUTHENTICATED: [401, 'no token, or one that is not valid'],
  PIN_WRONG: [403, 'this is not the PIN of that person'],
  FORBIDDEN: [403, 'this token does not reach that line or action'],
  NOT_FOUND: [404, 'there is nothing at this address'],
  LINE_UNKNOWN: [404, 'there is no such line'],
  EQUIPMENT_UNKNOWN: [404, 'there is no such equipment'],
  JOB_UNKNOWN: [404, 'there is no such job'],
  STOP_UNKNOWN: [404, 'there is no such stop'],
  TAG_UNKNOWN: [404, 'there is no such tag'],
  UPSTREAM_UNKNOWN: [404, 'there is no such upstream'],
  ANDON_UNKNOWN: [404, 'there is no such call'],
  METHOD_NOT_ALLOWED: [405, 'this address does not take that method'],
  NOT_ACCEPTABLE: [406, 'this address cannot answer in the asked media type'],
  REQUEST_TIMEOUT: [408, 'the request took too long to arrive'],
  LENGTH_REQUIRED: [411, 'a body needs its length'],
  BODY_TOO_LARGE: [413, 'the body is too large'],
  MEDIA_TYPE: [415, 'the body must be JSON'],
  JOB_EXISTS: [409, 'a job of this id exists'],
  JOB_ALREADY_RUNNING: [409, 'a job is running on this equipment'],
  JOB_NOT_RUNNING: [409, 'no job is running on this equipment'],
  JOB_NOT_ASSIGNED: [409, 'no job is assigned to this equipment'],
  JOB_NOT_PAUSED: [409, 'the job is not paused'],
  JOB_ENDED: [409, 'the job has ended'],
  JOB_ELSEWHERE: [409, 'the job runs on other equipment'],
  CHANGEOVER_RUNNING: [409, 'a changeover is in progress'],
  CHANGEOVER_NOT_RUNNING: [409, 'no changeover is in progress'],
  STARTUP_NOT_OPEN: [409, 'no start-up window is open on this equipment'],
  ANDON_ALREADY_OPEN: [409, 'a call of this type is open on this equipment'],
  ANDON_SHELVED: [409, 'calls of this type are silent already'],
  ANDON_NOT_SHELVED: [409, 'calls of this type are not silent'],
  ANDON_ENDED: [409, 'the call has ended'],
  ANDON_NOT_CANCELLED: [409, 'the grace of the call is over, or it has none: it is resolved, not cancelled'],
  ANDON_ALREADY_ACKNOWLEDGED: [409, 'somebody has taken the call'],
  PLAN_RUNNING: [409, 'another plan is being made'],
  ACCESS_FULL: [409, 'no more tokens or people can be kept; end some that nobody needs'],
  CONFIG_BUSY: [409, 'another configuration is being applied'],
  CONFIG_NEEDS_RESTART: [409, 'some settings take effect at a start only: put the file in its place and restart the gateway'],
  STALE_REVISION: [409, 'somebody was faster; look again'],
  SHIFT_LOCKED: [409, 'the shift is closed and locked'],
  STOP_OPEN: [409, 'the stop has not ended'],
  OPERATOR_UNKNOWN: [404, 'there is no such person'],
  OPERATOR_EXISTS: [409, 'a person of this name is known'],
  OPERATOR_SIGNED_ON: [409, 'this person is signed on here'],
  OPERATOR_NOT_SIGNED_ON: [409, 'this person is not signed on here'],
  PLANT_NO_DOOR: [409, 'the virtual plant runs without the network in front of its PLC'],
  PLANT_PLC_DEAD: [409, 'the PLC of the virtual plant is dead; restart it first'],
  STANDBY_NONE: [409, 'this gateway has no second box'],
  STANDBY_ROLE: [409, 'this box has not the role for it'],
  STANDBY_NOT_WHOLE: [409, 'the copy is not whole, so it cannot be gone on with'],
  STANDBY_UNREACHABLE: [409, 'the other box cannot be reached'],
  STANDBY_REFUSED: [409, 'the other box is there, and refused'],
  STANDBY_FOREIGN: [409, 'what the other box has is no earlier state of this journal'],
  VERSION_UNKNOWN: [404, 'this version of the configuration is not kept'],
  EPOCH_UNKNOWN: [404, 'the journal knows nothing of this epoch'],
  OPERATION_UNKNOWN: [404, 'there is no such operation'],
  KEY_REUSED: [409, 'the idempotency key was used with another body'],
  EXPIRED: [410, 'it came too late; nothing was done'],
  PAGE_GONE: [410, 'this page is no longer kept; begin again'],
  NOT_YET_SENT: [422, 'this number has not been sent yet, so it cannot be sent again'],
  REASON_UNKNOWN: [422, 'there is no such reason'],
  REASON_NOT_ALLOWED: [422, 'the reason does not hold for this equipment'],
  PRODUCT_UNKNOWN: [422, 'there is no such product'],
  CONFIG_INVALID: [422, 'the configuration has errors; nothing of it was applied'],
  IMPORT_MISFIT: [422, 'the table has errors; nothing of it was taken'],
  GAP_UNKNOWN: [422, 'nobody was blind then, or the blind time has not ended'],
  GAP_FORGOTTEN: [422, 'that is too long ago: how the time before was spent is no longer told anew'],
  PAST_FORGOTTEN: [422, 'that is too long ago: what happened then is no longer kept'],
  PERIOD_NOT_OVER: [422, 'only what is over and written down can be corrected'],
  SHIFT_BETWEEN: [422, 'a shift lies between; correct the time on either side of it by itself, or give the shift another name'],
  NOTHING_TO_CORRECT: [422, 'nothing in this period would be another'],
  REWORK_EXCEEDS_REJECTS: [422, 'fewer parts of the job were rejected and are not good yet'],
  REJECTS_REWORKED: [422, 'more parts of the job were made good by rework than would be left as rejects'],
  SPLIT_OUTSIDE: [422, 'the split must lie inside the stop'],
  MERGE_NOT_ADJACENT: [422, 'only the stop that follows at once can be merged'],
  WINDOW_MEANINGLESS: [422, 'the end must be after the start'],
  WINDOW_TOO_LARGE: [422, 'the period is longer than allowed'],
  UPGRADE_REQUIRED: [426, 'this address speaks WebSocket only'],
  TOO_MANY_REQUESTS: [429, 'too many requests'],
  HEAD_TOO_LARGE: [431, 'the request has too many headers, or too long ones'],
  INTERNAL: [500, 'a fault of ours; the request id is in the log'],
  ANSWER_LATE: [503, 'the answer took too long; what was asked may still happen'],
  BUNDLE_UNDER_WAY: [503, 'the support bundle is being made; ask again, and it is handed over when it is ready'],
  SOCKETS_FULL: [503, 'too many sockets are open'],
  STARTING: [503, 'the gateway is starting'],
  STANDBY: [503, 'this box stands by; the other one takes orders'],
  STANDBY_FENCED: [503, 'the other box is not heard and may have taken over; nothing is ordered or written here until it is, or `lineside standby release` says that it is off'],
  STANDBY_UNSURE: [503, 'this was recorded here, but meanwhile the other box may have taken over without knowing it; look there, and ask again with the same key'],
  INBOX_FULL: [503, 'too many commands wait for their turn'],
  READ_DEADLINE: [503, 'the question took too long to answer; ask for a shorter period'],
  JOURNAL_UNWRITABLE: [503, 'the journal cannot be written now; nothing was done'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

export type RefusalCode = keyof typeof refusals

export interface Detail { readonly path: string; readonly message: string }

/** A no, and why. */
export interface Refusal {
  /** Tells it from any answer, also from one that speaks of something refused. */
  readonly kind: 'refusal'
  readonly refused: RefusalCode
  readonly message: string
  readonly details: readonly Detail[]
}

/** `facts` become the details: `refuse('JOB_ALREADY_RUNNING', { job_id })`. */
export function refuse(code: RefusalCode, facts: Readonly<Record<string, unknown>> | readonly Detail[] = {}): Refusal {
  const details = Array.isArray(facts)
    ? facts as readonly Detail[]
    : Object.entries(facts).map(([path, value]) => ({ path, message: String(value) }))
  return { kind: 'refusal', refused: code, message: refusals[code][1], details }
}

export const isRefusal = (answer: object): answer is Refusal => 'kind' in answer && answer.kind === 'refusal'

/** Every misfit of a schema, with its path. */
export function misfitsOf(error: z.ZodError): Detail[] {
  return error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
}
