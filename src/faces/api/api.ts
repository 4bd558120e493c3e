/** The REST face: finds the endpoint, checks who asks and what, lets the handler or the line answer, wraps the answer. */

import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import type { Desk } from '../../contract/desk.js'
import type { Asks, Endpoint } from '../../contract/endpoints/endpoint.js'
import type { AskName } from '../../contract/endpoints/table.js'
import { Fault } from '../../contract/faults.js'
import { languageOf } from '../../contract/language.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'
import type { Access } from '../access/access.js'
import type { HttpHandler, HttpReply, HttpRequest } from '../http.js'
import { type Bare, isBare, isLive, isWritten } from './ask.js'
import { type Meta, failure, jsonHeaders, requestIds, success, successWritten } from './envelope.js'
import { type House, handlersOf } from './handlers.js'
import { bodyOf, fit, queryOf, refusedIn } from './inputs.js'
import { liveReplies } from './live.js'
import { type Route, makeRouter } from './router.js'
import type { SocketDesk } from './sockets.js'
import { permissionOf, tell } from './tell.js'

export interface Api {
  readonly handler: HttpHandler
  /** The envelope around what the server itself refuses. */
  readonly refused: (refusal: Refusal) => HttpReply
}

export interface ApiParts {
  readonly desk: Desk
  readonly access: Access
  readonly sockets: SocketDesk
  readonly house: House
  readonly log: Log
}

/** A request whose address has been read: what follows from the text alone, and so can be remembered. */
interface Read {
  readonly name: Route['name']
  readonly endpoint: Endpoint
  readonly params: Record<string, unknown>
  readonly query: Record<string, unknown>
  readonly line: string | null
}

const anybody: Actor = { id: 'anybody', name: 'anybody', role: 'viewer', lines: [] }

export function openApi({ desk, access, sockets, house, log }: ApiParts): Api {
  const router = makeRouter()
  const live = liveReplies()
  const requestId = requestIds()
  const handlers = handlersOf(desk, access, sockets, house)
  // By path, then by query: joining the two would cost more than finding them.
  const remembered = new Map<string, Map<string, Read>>()
  let rememberedCount = 0
  let rememberedVersion = desk.configVersion

  function meta(): Meta {
    const { epoch, seq } = desk.head()
    return { requestId: requestId(), at: desk.now(), gateway: desk.gateway, epoch, seq }
  }

  const refused = (refusal: Refusal, headers: HttpReply['headers'] = []): HttpReply => failure(refusal, meta(), headers)

  /** Remembers what addresses mean, as screens ask the same ones again and again. */
  function readOnce(route: Route, request: HttpRequest): Read | Refusal {
    if (rememberedVersion !== desk.configVersion || rememberedCount >= limits.addressesRememberedMax) {
      remembered.clear()
      rememberedCount = 0
      rememberedVersion = desk.configVersion
    }
    const answer = read(route, request.query, desk)
    if (!refusedIn(answer) && request.method === 'GET') {
      const queries = remembered.get(request.path) ?? new Map<string, Read>()
      remembered.set(request.path, queries.set(request.query, answer))
      rememberedCount++
    }
    return answer
  }

  function handle(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const known = request.method === 'GET' && rememberedVersion === desk.configVersion ? remembered.get(request.path)?.get(request.query) : undefined
    if (known !== undefined) return admit(known, request)
    const found = router(request.method, request.path)
    if (found === null) return refused(refuse('NOT_FOUND'))
    if ('allow' in found) return refused(refuse('METHOD_NOT_ALLOWED', { allow: found.allow.join(', ') }), [['Allow', found.allow.join(', ')]])
    return admit(found.route, request)
  }

  /** Who, before what: a stranger learns nothing from how an address is refused. */
  function admit(what: Route | Read, request: HttpRequest): HttpReply | Promise<HttpReply> {
    const permission = permissionOf(what.endpoint)
    const actor = permission === null ? anybody : access.authorise(request)
    if (isRefusal(actor)) return refused(actor)
    if (permission !== null && !may(actor, permission, null)) return refused(refuse('FORBIDDEN', { needs: permission }))
    const accepted = accepts(request.header('accept'), what.endpoint)
    if (!accepted) return refused(refuse('NOT_ACCEPTABLE', { offers: mediaOf(what.endpoint) }))
    const asked = 'line' in what ? what : readOnce(what, request)
    if (isRefusal(asked)) return refused(asked)
    if (permission !== null && asked.line !== null && !may(actor, permission, asked.line)) return refused(refuse('FORBIDDEN', { line: asked.line }))
    return asked.endpoint.kind === 'asks' ? answer(asked, asked.endpoint, actor, request) : obey(asked, actor, request)
  }

  function answer(asked: Read, endpoint: Asks, actor: Actor, request: HttpRequest): HttpReply | Promise<HttpReply> {
    const ifNoneMatch = request.header('if-none-match')
    const query = inputsOf(asked, endpoint, request)
    if (refusedIn(query)) return refused(query)
    // The table pairs each name with its schemas, which `read` has checked; the compiler cannot follow a name it does not know.
    const handler = handlers[asked.name as AskName] as (ask: object) => object | Promise<object>
    const made = handler({ params: asked.params, query, actor, line: asked.line, accept: request.header('accept'), language: languageOf(request.header('accept-language')) })
    return made instanceof Promise ? made.then((late) => wrap(late, endpoint, ifNoneMatch)) : wrap(made, endpoint, ifNoneMatch)
  }

  function wrap(made: object, endpoint: Asks, ifNoneMatch: string): HttpReply {
    if (isRefusal(made)) return refused(made)
    if (isLive(made)) return live.reply(made, meta(), ifNoneMatch)
    if (isBare(made)) return bareReply(made, endpoint)
    const status = endpoint.status ?? (endpoint.method === 'POST' ? 201 : 200)
    return isWritten(made) ? successWritten(status, made.written, meta()) : success(status, made, meta())
  }

  async function obey(asked: Read, actor: Actor, request: HttpRequest): Promise<HttpReply> {
    if (asked.endpoint.kind !== 'tells') return refused(refuse('NOT_FOUND'))
    const told = await tell(desk, asked.endpoint, { ...asked, actor, request })
    return isRefusal(told) ? refused(told) : success(asked.endpoint.status, told.data, { ...meta(), seq: told.seq })
  }

  /** A fault of ours, or of the world, becomes an answer and never ends the process: the line goes on being watched. */
  function failed(thrown: unknown, request: Pick<HttpRequest, 'method' | 'path'>): HttpReply {
    if (thrown instanceof Fault && (thrown.code === 'JOURNAL_UNWRITABLE' || thrown.code === 'READ_DEADLINE')) return refused(refuse(thrown.code))
    const about = meta()
    log.error('a request failed', {
      request_id: about.requestId, method: request.method, path: request.path, error: thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown),
    })
    return failure(refuse('INTERNAL'), about)
  }

  return {
    refused,
    handler(request) {
      const { method, path } = request
      try {
        const reply = handle(request)
        return reply instanceof Promise ? reply.catch((thrown: unknown) => failed(thrown, { method, path })) : reply
      } catch (thrown) {
        return failed(thrown, { method, path })
      }
    },
  }
}

function bareReply({ bare, status, headers = [], media: own }: Bare, endpoint: Asks): HttpReply {
  const media = ['Content-Type', own ?? endpoint.bare ?? 'application/json'] as const
  // A header of its own takes the place of ours; the others stay.
  const others = jsonHeaders.slice(1).filter(([name]) => !headers.some(([own]) => own === name))
  return { status, headers: [media, ...others, ...headers], body: bare }
}

/** A POST that asks takes its inputs in the address or in the body; what the address says wins. */
function inputsOf(asked: Read, endpoint: Asks, request: HttpRequest): Record<string, unknown> | Refusal {
  if (endpoint.method !== 'POST' || Object.keys(endpoint.query.shape).length === 0) return asked.query
  const body = bodyOf(request.body, request.header('content-type'))
  if (refusedIn(body)) return body
  const values = queryOf(request.query, endpoint.query)
  return refusedIn(values) ? values : fit(endpoint.query, { ...body, ...values })
}

const mediaOf = (endpoint: Endpoint): string => (endpoint.kind === 'asks' ? endpoint.bare : undefined) ?? 'application/json'

function accepts(accept: string, endpoint: Endpoint): boolean {
  if (accept === '' || accept.includes('*/*')) return true
  const media = [mediaOf(endpoint).split(';')[0]!, ...endpoint.kind === 'asks' ? endpoint.offers ?? [] : []]
  return accept.split(',').some((range) => {
    const [offered = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    return !parameters.includes('q=0') && media.some((one) => offered === one || offered === `${one.split('/')[0]}/*`)
  })
}

const unknown = { line_id: 'LINE_UNKNOWN', equipment_code: 'EQUIPMENT_UNKNOWN', job_id: 'JOB_UNKNOWN', stop_id: 'STOP_UNKNOWN', andon_id: 'ANDON_UNKNOWN' } as const

/** What an address asks for, checked against its schemas and the lines there are. */
function read({ name, endpoint, params }: Route, text: string, desk: Desk): Read | Refusal {
  const checkedParams = endpoint.params.safeParse(params)
  if (!checkedParams.success) {
    const wrong = checkedParams.error.issues[0]?.path[0]
    return refuse(unknown[wrong as keyof typeof unknown] ?? 'NOT_FOUND')
  }
  const values = queryOf(text, endpoint.query)
  if (isRefusal(values)) return values
  // What a POST does not say in its address its body may say; both together are looked at when the body is read.
  const checkedQuery = fit(endpoint.kind === 'asks' && endpoint.method === 'POST' ? endpoint.query.partial() : endpoint.query, values)
  if (refusedIn(checkedQuery)) return checkedQuery
  const line = lineIn({ ...checkedQuery, ...checkedParams.data }, desk)
  if (line !== null && typeof line === 'object') return line
  return { name, endpoint, params: checkedParams.data, query: checkedQuery, line }

  function lineIn(given: Record<string, unknown>, at: Desk): string | Refusal | null {
    const meant = new Set<string>()
    if (typeof given['line_id'] === 'string') {
      const found = at.line(given['line_id'])
      if (found === null) return refuse('LINE_UNKNOWN', { line_id: given['line_id'] })
      meant.add(found.code)
    }
    if (typeof given['equipment_code'] === 'string') {
      const found = at.lineOf(given['equipment_code'])
      if (found === null || (meant.size > 0 && !meant.has(found))) return refuse('EQUIPMENT_UNKNOWN', { equipment_code: given['equipment_code'] })
      meant.add(found)
    }
    for (const id of ['stop_id', 'andon_id'] as const) {
      if (typeof given[id] !== 'string') continue
      // The line's code stands before the number: BP01-S17.
      const found = at.line(given[id].replace(/-[SA]\d+$/, ''))
      if (found === null) return refuse(unknown[id], { [id]: given[id] })
      meant.add(found.code)
    }
    return [...meant][0] ?? null
  }
}
