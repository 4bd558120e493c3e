/** Requests and frames made up at random from the schemas: whatever comes, the answer is one of ours and keeps to its schema. */

import { existsSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { WebSocket } from 'ws'
import { type Chance, seededChance } from '../../src/base/chance.js'
import type { Endpoint } from '../../src/contract/endpoints/endpoint.js'
import { type EndpointName, endpoints } from '../../src/contract/endpoints/table.js'
import { type EventName, catalogue } from '../../src/contract/events/catalogue.js'
import { message } from '../../src/contract/events/message.js'
import { refusals } from '../../src/contract/refusals.js'
import type { Gateway } from '../bench/support/gateway.js'
import { type Answer, ask, withLine } from './door.js'
import { type MadeUp, type Maker, openMaker } from './made-up.js'
import { type Trial, Wrong } from './trial.js'

const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

/** Nobody has looked at what was asked: who asks is not known, may not or asks too often, or the gateway has no time or no room. */
const unheard: readonly number[] = [401, 403, 429, 503]
/** Of all answers; more, and the trial says little about anything else. */
const UNHEARD_SHARE_MAX = 0.01

export const fuzz: Trial = {
  name: 'requests and frames at random', count: Number(process.env['FUZZ'] ?? 1_000_000),
  run: (seed, count, goesOn = () => true) => withLine(seed, async (gateway) => {
    const wrong = new Wrong('500', 'misfit', 'no answer', 'turned away', 'frame misread', 'ended')
    const statuses = new Map<number, number>()
    const times = new Map<string, number>(endpoints.map(([name]) => [name, 0]))
    const agent = new Agent({ keepAlive: true, maxSockets: ASKERS })
    const maker = openMaker()
    const isAlive = (): boolean => existsSync(`/proc/${gateway.pid}/stat`)
    let [asked, turned] = [0, 0]
    let isOver = false
    const askOn = async (chance: Chance): Promise<void> => {
      // What was turned away does not count as asked.
      while (asked - turned < count && !isOver) {
        const [name, endpoint] = chance.pick(endpoints)
        if (!chance.happens(dear[name] ?? 1)) continue
        asked++
        times.set(name, (times.get(name) ?? 0) + 1)
        const made = maker.request(endpoint, chance)
        const token = chance.pick(gateway.tokens)
        const answer = await ask(gateway, agent, endpoint.method, made.target, token, made.body, made.headers).catch((error: unknown) => String(error))
        if (typeof answer === 'string') wrong.is('no answer', `${name} ${written(made)}: ${answer}`, 1, name)
        else {
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
          if (unheard.includes(answer.status)) turned++
          if (answer.status < 300) maker.learn(answer.text)
          const misfit = misfitOf(endpoint, answer)
          if (misfit !== null) wrong.is(answer.status === 500 ? '500' : 'misfit', `${name} ${written(made)}: ${misfit}${answer.status === 500 ? loggedOf(gateway, answer) : ''}`, 1, name)
        }
        isOver ||= !goesOn(asked - turned) || !isAlive() || turned > TURNED_FIRST + asked * UNHEARD_SHARE_MAX
      }
    }
    const chance = seededChance(seed)
    const framesEach = Math.ceil(count / 40)
    const [sockets] = await Promise.all([
      Promise.all(Array.from({ length: 4 }, (_, i) => babble(gateway, maker, chance.fork(`socket ${i}`), framesEach, () => isOver, (misfit, text) => { wrong.is('frame misread', `${misfit}: ${text}`, 1, misfit) }))),
      Promise.all(Array.from({ length: ASKERS }, (_, i) => askOn(chance.fork(`asker ${i}`)))),
    ])
    agent.destroy()
    if (!isAlive()) wrong.is('ended', `the gateway is gone: ${readFileSync(gateway.log, 'utf8').slice(-2_000)}`)
    const shares = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`).join(', ')
    if (turned > TURNED_FIRST + asked * UNHEARD_SHARE_MAX) wrong.is('turned away', `of ${asked}: ${shares}`, turned)
    const [sent, heard] = [sockets.reduce((sum, one) => sum + one.sent, 0), sockets.reduce((sum, one) => sum + one.heard, 0)]
    const [rarest, least] = [...times].reduce((one, other) => (other[1] < one[1] ? other : one))
    return { thrown: `${asked - turned} requests heard (${shares}; ${turned} turned away; ${times.size} endpoints, ${least} times the rarest, ${rarest}), ${sent} frames and ${heard} messages in return`, wrong: wrong.counts, details: wrong.details }
  }),
}

const ASKERS = 16
/** What one of these costs the gateway is ten to a thousand times what another question does, as they read whole hours, or for the bundle everything; asked as often as the rest they would be nine tenths of its work. */
const dear: Readonly<Partial<Record<EndpointName, number>>> = { support_bundle: 0.01, stop: 0.05, signals_overview: 0.2, signal_history: 0.2, audit: 0.2, config_apply: 0.2, explain_line: 0.3, explain_equipment: 0.3 }
/** A share means nothing before so many were turned away. */
const TURNED_FIRST = 100

const written = ({ target, headers, body }: MadeUp): string => `${target.slice(0, 400)} ${JSON.stringify(headers).slice(0, 200)} ${body?.slice(0, 400) ?? ''}`

/** What the gateway wrote down about the fault that it answered with. */
function loggedOf({ log }: Gateway, { text }: Answer): string {
  const id = (JSON.parse(text) as { meta?: { request_id?: string } }).meta?.request_id
  return id === undefined ? '' : ` ${readFileSync(log, 'utf8').split('\n').findLast((line) => line.includes(id)) ?? 'nothing was logged'}`
}

/** What is wrong with an answer, or `null`. */
function misfitOf(endpoint: Endpoint, { status, type, text }: Answer): string | null {
  if (status >= 500 && status !== 503) return `${status} ${text.slice(0, 200)}`
  if (status === 204 || status === 304) return null
  if (endpoint.kind === 'asks' && endpoint.bare !== undefined && (status < 300 || status === 503)) return null
  if (!type.startsWith('application/json')) return status < 300 ? null : `${status} as ${type}`
  const { success, data, error } = JSON.parse(text) as { success?: boolean; data?: unknown; error?: { code?: string } }
  if (status >= 400) return success === false && error?.code !== undefined && error.code in refusals ? null : `${status} ${text.slice(0, 200)}`
  const issues = endpoint.data.safeParse(data).error?.issues
  return issues === undefined ? null : `${JSON.stringify(issues[0])} in ${text.slice(0, 1_000)}`
}

function misfitOfMessage(text: string): string | null {
  const { data: said, error } = message.safeParse(JSON.parse(text))
  if (said === undefined) return JSON.stringify(error.issues[0])
  if (!(said.type in catalogue)) return 'there is no such event'
  const issues = catalogue[said.type as EventName].body.safeParse(said.data).error?.issues
  return issues === undefined ? null : JSON.stringify(issues[0])
}

/** As many as one socket may send in a second; then the next one goes on. */
const FRAMES_A_SOCKET = 45

/** Frames on one socket after another; whatever is said in return is a message of the catalogue. */
async function babble(gateway: Gateway, maker: Maker, chance: Chance, count: number, isOver: () => boolean, misread: (misfit: string, text: string) => void): Promise<{ readonly sent: number; readonly heard: number }> {
  let [sent, heard] = [0, 0]
  while (sent < count && !isOver()) {
    const ws = new WebSocket(`${gateway.address.replace('http', 'ws')}/api/v1/ws/production`, { headers: { authorization: `Bearer ${chance.pick(gateway.tokens)}` }, perMessageDeflate: false })
    ws.on('error', () => undefined)
    ws.on('message', (data: Buffer) => {
      heard++
      const misfit = misfitOfMessage(data.toString())
      if (misfit !== null) misread(misfit, data.toString().slice(0, 500))
    })
    const gone = new Promise<void>((resolve) => { ws.once('close', () => { resolve() }) })
    await Promise.race([new Promise((resolve) => { ws.once('open', resolve) }), gone])
    for (let mine = 0; mine < FRAMES_A_SOCKET && ws.readyState === WebSocket.OPEN; mine++) {
      sent++
      ws.send(maker.frame(chance))
      if (mine % 10 === 9) await wait(1)
    }
    ws.close()
    await Promise.race([gone, wait(1_000)])
    ws.terminate()
  }
  return { sent, heard }
}
