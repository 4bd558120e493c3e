/** What a site does with a gateway, by seed: programs that ask, screens that come and go, people who call, correct and give orders, links that break. */

import { setMaxListeners } from 'node:events'
import { Agent } from 'node:http'
import { WebSocket } from 'ws'
import type { Chance } from '../../src/base/chance.js'
import { type Ms, later, rfc3339 } from '../../src/base/units.js'
import type { Plant } from '../../src/plant/plant.js'
import type { Gateway } from '../bench/support/gateway.js'
import { pull } from '../stories/mishaps.js'
import type { Mosquitto } from '../support/mosquitto.js'
import { machines } from '../support/sight.js'
import { type Answer, ask } from './door.js'
import type { Pace } from './pace.js'

export interface Site {
  readonly gateway: Gateway
  readonly plant: Plant
  readonly broker: Mosquitto
  /** What the gateway takes for the time. */
  readonly pace: Pace
  /** The text of its configuration, and the same with other limits for calls. */
  readonly texts: readonly [string, string]
}

export interface Life {
  /** By status. */
  readonly answers: ReadonlyMap<number, number>
  /** Questions that no answer came to, by what ended them. */
  readonly unanswered: ReadonlyMap<string, number>
  readonly socketsCount: number
  readonly breaksCount: number
  /** Resolves when everybody has gone. */
  stop(): Promise<void>
}

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** In the gateway's time: how often a program asks, a report is wanted, a screen comes, a person does something, a link breaks. */
const paces = { question: SECOND_MS, report: MINUTE_MS, screen: MINUTE_MS, deed: 2 * MINUTE_MS, mishap: 20 * MINUTE_MS } as const
/** Connections that are kept serve most; the others are made for one question. */
const KEPT_SHARE = 0.7

/** Begins to live; `broken` hears of each answer that no gateway should give. */
export function startLife(site: Site, chance: Chance, broken: (what: string) => void): Life {
  const { gateway, pace: clock } = site
  const answers = new Map<number, number>()
  const unanswered = new Map<string, number>()
  const kept = new Agent({ keepAlive: true, maxSockets: 8 })
  const single = new Agent({ keepAlive: false })
  const over = new AbortController()
  // Everybody who sleeps listens, and so does each screen.
  setMaxListeners(0, over.signal)
  const screens = new Set<WebSocket>()
  let [socketsCount, breaksCount] = [0, 0]

  async function say(method: string, target: string, body?: object): Promise<Answer | null> {
    try {
      const answer = await ask(gateway, chance.happens(KEPT_SHARE) ? kept : single, method, target, chance.pick(gateway.tokens), body === undefined ? undefined : JSON.stringify(body))
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1)
      if (answer.status >= 500 && answer.status !== 503) broken(`${method} ${target}: ${answer.status} ${answer.text.slice(0, 200)}`)
      return answer
    } catch (error) {
      const why = error instanceof Error ? 'code' in error ? String(error.code) : error.message : String(error)
      unanswered.set(why, (unanswered.get(why) ?? 0) + 1)
      return null
    }
  }

  /** Again and again, at random around its pace, until everybody goes. What takes longer than its pace is not done twice at a time. */
  async function every(meanMs: Ms, deed: () => Promise<void>): Promise<void> {
    while (!over.signal.aborted) {
      await clock.sleep(chance.exponential(meanMs), over.signal)
      if (!over.signal.aborted) await deed()
    }
  }

  async function screen(): Promise<void> {
    if (screens.size >= SCREENS_MAX) return
    socketsCount++
    const ws = new WebSocket(`${gateway.address.replace('http', 'ws')}/api/v1/ws/production`, { headers: { authorization: `Bearer ${chance.pick(gateway.tokens)}` }, perMessageDeflate: false })
    screens.add(ws)
    ws.on('error', () => undefined)
    ws.on('close', () => { screens.delete(ws) })
    ws.on('open', () => {
      ws.send(JSON.stringify({ type: 'subscribe', event_type: 'equipment_state_changed' }))
      ws.send(JSON.stringify({ type: 'resume', after_seq: 0 }))
      // A screen that never reads is closed by the gateway, or goes like all of them.
      if (chance.happens(0.1)) ws.pause()
      void clock.sleep(chance.exponential(15 * MINUTE_MS), over.signal).then(() => { if (chance.happens(0.5)) ws.terminate(); else ws.close() })
    })
  }

  async function mishap(): Promise<void> {
    breaksCount++
    const [begins, ends] = chance.pick([['faults/drop', 'faults/release'], ['faults/pull', 'faults/release'], ['faults/hang', 'faults/release'], ['broker', 'broker']] as const)
    if (begins === 'broker') await site.broker.kill()
    else await pull(site.plant, begins)
    await clock.sleep(chance.exponential(MINUTE_MS), over.signal)
    if (ends === 'broker') await site.broker.start()
    else await pull(site.plant, ends)
  }

  const living = Promise.all([
    every(paces.question, async () => { await say('GET', chance.pick(questions)(site, chance)) }),
    every(paces.report, async () => { await say('GET', chance.pick(reports)(site, chance)) }),
    every(paces.screen, screen),
    every(paces.deed, () => chance.pick(deeds)(say, site, chance)),
    every(paces.mishap, mishap),
  ])
  return {
    answers, unanswered,
    get socketsCount() { return socketsCount },
    get breaksCount() { return breaksCount },
    async stop() {
      over.abort()
      await living
      for (const ws of screens) ws.terminate()
      kept.destroy()
      single.destroy()
    },
  }
}

const SCREENS_MAX = 100

/* ── what is asked ───────────────────────────────────────────────────────────────────────────── */

type Target = (site: Site, chance: Chance) => string

const V1 = '/api/v1/enhanced'
const LINE = `${V1}/lines/BP01`
const machine = (chance: Chance): string => `${V1}/equipment/${chance.pick(machines)}`
const window = ({ pace }: Site, ms: Ms): string => `from=${rfc3339(later(pace.now(), -ms))}&to=${rfc3339(pace.now())}`

const questions: readonly Target[] = [
  (_, chance) => `${machine(chance)}/production-status?include_plc_data=true&include_oee=true&include_downtime=true`, (_, chance) => `${machine(chance)}/signals`,
  (_, chance) => `${machine(chance)}/job-progress`, (_, chance) => `${machine(chance)}/downtime-status?include_downtime_history=true`,
  () => `${LINE}/real-time-oee?include_trends=true`, () => `${LINE}/production-metrics`, () => `${LINE}/andon-status`, () => `${LINE}/plcs`, () => LINE,
  () => `${V1}/jobs?limit=20`, () => `${V1}/stops?open=true`, () => `${V1}/andons?open=true`, () => `${V1}/journal?after=0&limit=50`, () => `${V1}/upstreams`, () => '/healthz', () => '/readyz',
  () => '/api/v1/ws/production/stats',
]

const reports: readonly Target[] = [
  (_, chance) => `${V1}/oee/equipment/${chance.pick(machines)}/oee-performance-report?report_type=${chance.pick(['summary', 'detailed', 'comprehensive'])}`,
  (site, chance) => `/api/v1/explain/equipment/${chance.pick(machines)}/oee?${window(site, 4 * HOUR_MS)}`, (site) => `/api/v1/explain/lines/BP01/oee?${window(site, HOUR_MS)}`,
  () => `${V1}/oee/lines/BP01/real-time-oee-analytics`, () => `${V1}/oee/lines/BP01/oee-comparative-analysis`, () => `${V1}/oee/lines/BP01/oee-alert-analysis`,
  (_, chance) => `${V1}/oee/equipment/${chance.pick(machines)}/lead-indicators`, (site, chance) => `${machine(chance)}/timeline?${window(site, 8 * HOUR_MS)}`,
  (site, chance) => `${machine(chance)}/signals/speed/history?${window(site, 2 * HOUR_MS)}&points=200`, (site) => `${V1}/stops?${window(site, 8 * HOUR_MS)}&limit=200`,
  (site) => `${V1}/shifts?${window(site, 24 * HOUR_MS)}`, () => `${V1}/audit?limit=200`, () => `${V1}/box`, () => '/metrics', () => '/api/v1/openapi.json', () => '/api/v1/explain/tag/packer/bl_speed',
]

/* ── what is done ────────────────────────────────────────────────────────────────────────────── */

type Say = (method: string, target: string, body?: object) => Promise<Answer | null>
type Deed = (say: Say, site: Site, chance: Chance) => Promise<void>

const dataOf = <T>(answer: Answer | null): T | null => answer === null || answer.status >= 300 ? null : (JSON.parse(answer.text) as { data: T }).data

/** What is refused, because the line is not so far, is an answer like any other. */
const deeds: readonly Deed[] = [
  async (say, _, chance) => {
    const stop = dataOf<{ stops: readonly { stop_id: string }[] }>(await say('GET', `${V1}/stops?limit=5`))?.stops[0]
    if (stop === undefined) return
    await say('GET', `${V1}/stops/${stop.stop_id}/suggested-reasons`)
    await say('POST', `${V1}/stops/${stop.stop_id}/reason`, { reason: chance.pick(['MAT_JAM', 'MECH_FAULT', 'OTHER']) })
    await say('POST', `${V1}/stops/${stop.stop_id}/note`, { note: 'the film was torn' })
  },
  async (say, _, chance) => {
    await say('POST', `${machine(chance)}/trigger-andon`, { event_type: chance.pick(['material', 'maintenance', 'quality']), description: 'come, please' })
    for (const { andon_id: call } of dataOf<{ andons: readonly { andon_id: string }[] }>(await say('GET', `${V1}/andons?open=true`))?.andons ?? []) {
      await say('POST', `${V1}/andons/${call}/acknowledge`, {})
      await say('POST', `${V1}/andons/${call}/resolve`, {})
    }
  },
  async (say, { pace }) => {
    const job = `J${pace.now()}`
    const at = `${V1}/equipment/BP01.PACK.BAG1`
    await say('POST', `${V1}/jobs`, { job_id: job, product: 'BAG500', quantity: 1_000 })
    await say('POST', `${at}/job-completion`, {})
    await say('POST', `${at}/job-assignment`, { job_id: job })
    await say('POST', `${at}/job-start`, { job_id: job })
  },
  async (say, _, chance) => {
    await say('POST', `${V1}/operators`, { operator: 'ana' })
    await say('POST', `${machine(chance)}/operator-sign-on`, { operator: 'ana' })
    await say('POST', `${machine(chance)}/operator-sign-off`, { operator: 'ana' })
    await say('POST', `${machine(chance)}/counts-correction`, { reject: 1, reason: 'found on the floor' })
  },
  async (say) => {
    const made = dataOf<{ record: { id: string } }>(await say('POST', '/api/v1/access/tokens', { name: 'visitor' }))
    if (made !== null) await say('DELETE', `/api/v1/access/tokens/${made.record.id}`)
    await say('POST', '/api/v1/access/people', { name: 'Bo', role: 'operator', pin: '4711' })
    await say('DELETE', '/api/v1/access/people/Bo')
  },
  async (say, { texts }, chance) => {
    // Weighing a configuration is what a person does now and then, not every hour.
    if (chance.happens(0.2)) await say('POST', `${V1}/config/apply`, { text: chance.pick(texts) })
    if (chance.happens(0.1)) await say('POST', `${V1}/config/plan`, { text: chance.pick(texts), hours: 1 })
    if (chance.happens(0.1)) await say('GET', `${V1}/box/support-bundle`)
  },
]
