/** The plant's control port: the truth and the state to look at, and the levers to pull, over HTTP on loopback. */

import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Instant, rfc3339 } from '../base/units.js'
import { Fault } from '../contract/faults.js'
import { isRefusal, refusals, refuse } from '../contract/refusals.js'
import { states } from './packml.js'
import type { PlantState, Steered } from './state.js'
import type { EquipmentTruth, TruthTotals } from './truth.js'

const HOST = '127.0.0.1'

export interface Control {
  readonly port: number
  close(): Promise<void>
}

/**
 * GET / lists the levers, GET /truth and GET /state tell how things are, POST /faults/… and /time/… do something.
 * Values come in the query: `curl -X POST 'http://127.0.0.1:PORT/faults/slow?ms=300'`.
 */
export async function openControl(port: number, plant: Steered): Promise<Control> {
  const server = createServer((request, response) => { void serve(request, response, plant) })
  server.listen(port, HOST)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new Fault('PLANT_PORT_IN_USE', { host: HOST, port }, cause)
  }
  return {
    // A TCP server's address is text only for pipes.
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, plant: Steered): Promise<void> {
  request.resume()
  try {
    const answer = await answerTo(request, plant)
    if (isRefusal(answer)) send(response, refusals[answer.refused][0], { success: false, error: { code: answer.refused, message: answer.message, details: answer.details } })
    else send(response, 200, { success: true, data: answer })
  } catch (thrown) {
    const code = thrown instanceof Fault ? thrown.code : 'INTERNAL'
    send(response, 500, { success: false, error: { code, message: String(thrown), details: [] } })
  }
}

async function answerTo(request: IncomingMessage, plant: Steered): Promise<object> {
  // A page in somebody's browser has no business here.
  if (request.headers.origin !== undefined) return refuse('FORBIDDEN')
  const url = new URL(request.url ?? '/', `http://${HOST}`)
  const name = url.pathname.slice(1)
  if (request.method === 'GET') return await look(name, plant)
  // The levers bring the schema library along, which is larger than the rest of the plant: loaded when somebody asks for one.
  const { isLever, pullOf } = await import('./levers.js')
  if (!isLever(name)) return refuse('NOT_FOUND')
  if (request.method !== 'POST') return refuse('METHOD_NOT_ALLOWED')
  const pull = pullOf(name, Object.fromEntries(url.searchParams))
  if (isRefusal(pull)) return pull
  return await plant.pull(pull) ?? stateOnWire(plant.state())
}

async function look(name: string, plant: Pick<Steered, 'truth' | 'state'>): Promise<object> {
  switch (name) {
    case '': return { look: ['/truth', '/state'], pull: (await import('./levers.js')).describeLevers() }
    case 'truth': return truthOnWire(plant.truth())
    case 'state': return stateOnWire(plant.state())
    default: return refuse('NOT_FOUND')
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}

/* ── the shapes on the wire ──────────────────────────────────────────────────────────────────── */

const instantOrNull = (at: Instant | null) => at === null ? null : rfc3339(at)

export function stateOnWire(state: PlantState) {
  return {
    at: rfc3339(state.at), factor: state.factor, paused: state.isPaused, until: instantOrNull(state.until),
    plc_pid: state.plcPid, s7_port: state.s7Port, logix_port: state.logixPort, stores: state.stores,
    equipment: state.equipment.map((one) => ({
      equipment: one.code, db: one.db, state: one.state, state_code: states[one.state], product: one.product, order: one.order,
      total_raw: one.totalRaw, reject_raw: one.rejectRaw, fault_bits: one.faultBits, first_out: one.firstOut,
    })),
  }
}

export function truthOnWire(totals: TruthTotals) {
  return {
    from: rfc3339(totals.from), at: rfc3339(totals.at), happenings_count: totals.happeningsCount, hash: totals.hash,
    equipment: Object.fromEntries(Object.entries(totals.equipment).map(([code, truth]) => [code, equipmentOnWire(truth)])),
  }
}

function equipmentOnWire(truth: EquipmentTruth) {
  return {
    parts: truth.parts, found_later: truth.foundLater, parts_by_product: truth.partsByProduct,
    state: truth.state, state_code: states[truth.state], state_from: rfc3339(truth.stateFrom),
    state_ms: truth.stateMs, class_ms: truth.classMs, stops_count: truth.stopsCount,
    stops: truth.stops.map((stop) => ({ from: rfc3339(stop.from), to: instantOrNull(stop.to), class: stop.class, first_out: stop.firstOut })),
  }
}
