/** The door for what an MES asks and orders: reads each request, sees that it is answered once, and keeps strangers from using us as a relay. */

import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import type { Desk } from '../../contract/desk.js'
import { Fault } from '../../contract/faults.js'
import { isOperation, type Operation, type PullAnswer, type PullOf, pulls } from '../../contract/pull.js'
import type { PullFigures } from '../../contract/upstream-figures.js'
import { isRefusal, type Refusal, refuse, refusals } from '../../contract/refusals.js'
import type { Actor } from '../../contract/roles.js'
import { bodyOf, fit, refusedIn } from '../api/inputs.js'
import { type Acked, openAnswers } from './answers.js'
import type { Connection, Incoming } from './link.js'
import { obey } from './orders.js'

export interface Pulls {
  /** Takes a request at once; the answer goes out over the connection that it came over. */
  take(connection: Connection, operation: string, incoming: Incoming): void
  figures(): PullFigures
}

export interface PullParts {
  readonly desk: Desk
  /** Who asks over this broker: the ACL of the broker says who that may be, we say what it may do. */
  readonly actor: Actor
  /** Answers go below this topic and nowhere else. */
  readonly answersBelow: string
  readonly acked: Acked
  /** The tags whose samples this upstream gets; `null` when it gets none. */
  readonly samples: readonly string[] | null
  readonly log: Log
}

/** An answer that nobody has fetched for so long is of no use. */
const ANSWER_SECONDS = 30
const PLACE = /^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64})?$/

export function openPulls({ desk, actor, answersBelow, acked, samples, log }: PullParts): Pulls {
  const answers = openAnswers({ desk, actor, acked, samples })
  const [reading, ordering] = [turnstile(limits.pullReadsMax), turnstile(1)]
  const count = { answered: 0, refused: 0, unanswerable: 0, waiting: 0 }

  function answer(request: Request, roomBytes: number): Promise<object | Refusal> {
    switch (request.operation) {
      // Orders follow each other: who makes a job and then assigns it must not be overtaken by itself.
      case 'job': case 'schedule': return ordering(() => obey(desk, actor, request.operation, request.body))
      case 'ping': return answers.ping()
      case 'config': return reading(() => answers.config())
      case 'streams': return reading(() => answers.streams())
      case 'snapshot': return reading(() => answers.snapshot(request.body, roomBytes))
      case 'replay': return reading(() => answers.replay(request.body, roomBytes))
    }
  }

  function failed(operation: string, thrown: unknown): Refusal {
    if (thrown instanceof Fault && (thrown.code === 'JOURNAL_UNWRITABLE' || thrown.code === 'READ_DEADLINE')) return refuse(thrown.code)
    log.error('a request of the MES failed', { operation, error: thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown) })
    return refuse('INTERNAL')
  }

  /** What cannot be answered is not obeyed either: who asked would never know. */
  function drop(operation: string, why: string): void {
    count.unanswerable++
    log.warn('a request of the MES cannot be answered', { operation, why })
  }

  return {
    figures: () => ({ answeredCount: count.answered, refusedCount: count.refused, unanswerableCount: count.unanswerable, waitingCount: count.waiting }),
    take(connection, operation, incoming) {
      if (incoming.retain) { drop(operation, 'it is retained, and would come again with every connection'); return }
      const read = readLetter(operation, incoming)
      if (read.replyTo !== null && !(read.replyTo.startsWith(answersBelow) && PLACE.test(read.replyTo.slice(answersBelow.length)))) {
        drop(operation, `its response topic is not below ${answersBelow}`)
        return
      }
      if (read.replyTo === null && !isOrder(operation)) { drop(operation, 'it says no response topic'); return }
      const send = (outcome: object | Refusal): void => {
        const no = isRefusal(outcome)
        if (read.replyTo === null) {
          if (no) drop(operation, `${outcome.refused}, and it says no response topic`)
          return
        }
        count.answered++
        if (no) count.refused++
        const payload = JSON.stringify(answerOf(operation, read.cid, outcome))
        // The connection may be over by now; who asked asks again, and an order has its id.
        connection.publish(read.replyTo, payload, { expirySeconds: ANSWER_SECONDS, ...(incoming.correlation === undefined ? {} : { correlation: incoming.correlation }) }).catch(() => undefined)
      }
      if (isRefusal(read.request)) { send(read.request); return }
      if (count.waiting >= limits.pullsWaitingMax) { send(refuse('INBOX_FULL', { max: limits.pullsWaitingMax })); return }
      count.waiting++
      answer(read.request, connection.packetBytesMax - HEAD_BYTES)
        .catch((thrown: unknown) => failed(operation, thrown))
        .then((outcome) => { count.waiting--; send(outcome) }, () => undefined)
    },
  }
}

/** What an answer weighs at most beside its records, with its topic. */
const HEAD_BYTES = 1_024

interface Letter {
  readonly replyTo: string | null
  readonly cid: string | null
  readonly request: Request | Refusal
}

type Request = { readonly [O in Operation]: { readonly operation: O; readonly body: PullOf<O> } }[Operation]

const isOrder = (operation: string): boolean => operation === 'job' || operation === 'schedule'

/** Where the answer goes is read first, so that what makes no sense can be told so. */
function readLetter(operation: string, { payload, responseTopic }: Incoming): Letter {
  const json = payload.length > limits.bodyBytesMax ? refuse('BODY_TOO_LARGE', { bytes: payload.length, max: limits.bodyBytesMax }) : bodyOf(payload, 'application/json')
  const said = isRefusal(json) ? {} : json
  const letter = { replyTo: responseTopic ?? textOf(said['re']), cid: textOf(said['cid']) }
  if (isRefusal(json)) return { ...letter, request: json }
  if (!isOperation(operation)) return { ...letter, request: refuse('OPERATION_UNKNOWN', { operation, known: Object.keys(pulls).join(', ') }) }
  const body = fit(pulls[operation], json)
  // Name and body belong together: the one chose the schema of the other.
  return { ...letter, request: refusedIn(body) ? body : { operation, body } as Request }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function answerOf(op: string, cid: string | null, outcome: object | Refusal): PullAnswer {
  const head = { v: 1, op, ...(cid === null ? {} : { cid }) } as const
  if (!isRefusal(outcome)) return { ...head, status: isOrder(op) ? 202 : 200, data: outcome }
  return { ...head, status: refusals[outcome.refused][0], error: { code: outcome.refused, message: outcome.message, details: outcome.details } }
}

/** Lets so many in at a time, the others in the order they came. */
function turnstile(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let insideCount = 0
  return async (work) => {
    if (insideCount >= max) await new Promise<void>((go) => { waiting.push(go) })
    else insideCount++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) insideCount--
      else next()
    }
  }
}
