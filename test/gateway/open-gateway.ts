/** The heart of a gateway over a real journal and with real versions of its configuration, behind the real API; the PLC is what a test says it is. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as moment } from 'node:timers/promises'
import { stringify } from 'yaml'
import { given } from '../../src/base/assert.js'
import { manualClock, systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, rfc3339 } from '../../src/base/units.js'
import { startLifeCycle } from '../../src/configuration/life-cycle.js'
import { configOfVersion, hashOf, inForce, openVersions, readSource } from '../../src/configuration/versions.js'
import { type Config, config as configSchema } from '../../src/contract/config.js'
import { refuse } from '../../src/contract/refusals.js'
import { type Role, roles } from '../../src/contract/roles.js'
import { type Scan, qualities } from '../../src/contract/scan.js'
import { openAccess } from '../../src/faces/access/access.js'
import { openPeople } from '../../src/faces/access/people.js'
import { openTokens } from '../../src/faces/access/tokens.js'
import { openApi } from '../../src/faces/api/api.js'
import { noStandby } from '../../src/faces/api/standby.js'
import { startCycle } from '../../src/gateway/cycle.js'
import { openDesk } from '../../src/gateway/desk.js'
import { healthOf } from '../../src/gateway/health.js'
import { startPastWorkshop } from '../../src/gateway/past-workshop.js'
import { startReporter } from '../../src/gateway/reporter.js'
import { readingsOf, viewOf } from '../../src/gateway/views.js'
import { openJournal } from '../../src/journal/journal.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { plansOfJournal } from '../../src/turn/dated-plans.js'
import { recall } from '../../src/turn/recall.js'

/** As it stands in a file. */
export const written = {
  version: 1, gateway: { id: 'test', time_zone: 'UTC', cycle: '10s' },
  plcs: [{ id: 'plc', driver: 's7', host: '127.0.0.1', cycle: '10s', tags: Object.fromEntries(['f', 'p'].flatMap((of, i) => [[`${of}_run`, `DB${i + 1},X0.0`], [`${of}_total`, `DB${i + 1},UDINT2`], [`${of}_reject`, `DB${i + 1},UDINT6`], [`${of}_product`, `DB${i + 1},INT10`]])) }],
  calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00' }, { name: 'late', start: '14:00', end: '22:00' }] } },
  edits: { lock_after: '10m' },
  reasons: [{ code: 'JAM', name: 'Jam', is_failure: true }, { code: 'ELSEWHERE', name: 'Only there', equipment: ['PAL'] }],
  products: [{ code: '1', ideal_cycle: { FIL: '2s', PAL: '2s' } }, { code: '2', ideal_cycle: { FIL: '4s', PAL: '2s' } }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day', equipment: ['FIL', 'PAL'].map((code, i) => ({
    code, name: code, ideal_cycle: '2s', constraint: i === 0, ...i === 0 ? { startup_good_parts: 5 } : { upstream: ['FIL'], transit: { FIL: '20s' } },
    signals: Object.fromEntries(['running', 'total_count', 'reject_count', 'product'].map((signal, s) => [signal, `plc/${code.charAt(0).toLowerCase()}_${['run', 'total', 'reject', 'product'][s]}`])),
  })) }],
} as const
export const config = configSchema.parse(written)
export const START = instant(Date.parse('2026-03-24T13:30:00Z'))

/** Again over what a run before left in that directory. */
export async function openGateway(directory: string, now = START, storage: Config['storage'] = config.storage) {
  const clock = manualClock(now)
  const file = join(directory, 'lineside.yaml')
  if (!existsSync(file)) writeFileSync(file, stringify(written))
  const versions = openVersions(directory)
  const { source } = readSource(file)
  if (inForce(versions) === null) versions.add({ state: 'good', at: rfc3339(now), by: 'file', hash: hashOf(source), source, fileHash: hashOf(source), changes: [] })
  const configOf = (version: number) => configOfVersion(versions, version)
  const { version } = given(inForce(versions), 'a version')
  const arrangement = arrangementOf(given(configOf(version), 'its configuration'), version)
  mkdirSync(join(directory, 'journal'), { recursive: true })
  const journal = await openJournal({ directory: join(directory, 'journal'), clock, log: silentLog, groups: arrangement.groups, recorded: () => true, storage })
  const { remembered } = journal
  const { lines } = recall(remembered, await plansOfJournal(arrangement.plans, journal, now, configOf), arrangement.sampler, arrangement.lineOf)
  const cycle = startCycle({
    clock, log: silentLog, cycleMs: config.gateway.cycle, journal, arrangement, epoch: remembered.epoch, head: remembered.head, lastTurn: remembered.lastTurn, lastAt: null, lines, rows: [], notes: [],
    announce: (announced) => { desk.announce(announced) }, turned: () => undefined, broken: (fault) => { throw fault },
  })
  const shown = { lineOf: () => given(cycle.lines().get('L1'), 'the line'), sampler: arrangement.sampler, plcs: () => [], plcsOfLine: () => new Set<string>(), plcsOfEquipment: () => new Set<string>(), budgetOf: () => null }
  const workshop = startPastWorkshop({ directory: join(directory, 'journal'), clock: systemClock, inForce: () => cycle.arrangement(), flush: () => journal.flush() })
  const desk = openDesk({
    workshop, gateway: 'test', version: '0.0.0', epoch: () => remembered.epoch, clock, log: silentLog, cycle, journal, upstreams: () => [], configOf,
    planner: { start: () => refuse('STARTING'), state: () => ({ state: 'none', progress: 0, why: null, plan: null }), stop: () => undefined },
    health: () => { throw new Error('nobody asks for health here') }, explainTag: () => refuse('TAG_UNKNOWN'),
    viewOf: (name, of, wish, at) => viewOf(shown, name, of, wish, at), readingsOf: (equipment, at) => readingsOf(shown, equipment, at),
  })
  const lifeCycle = startLifeCycle({
    versions, arrangement: () => cycle.arrangement(), note: (draft) => { cycle.note(draft) }, clock, log: silentLog, rejected: null, warnings: [], fileHash: () => hashOf(readSource(file).source), overridden: (read) => read,
    async move(next, draft) { await cycle.rearrange(next, draft); await journal.record(next.groups, next.isRecorded) },
    health: () => healthOf({ startedAt: now, cycleMs: config.gateway.cycle, clock, cycle, plcs: [], warnings: [] }), broken: (error) => { throw error },
  })
  const tokens = openTokens(directory, clock)
  const tokenOf = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, (await tokens.create({ name: role, role, lines: null, expiresAt: null })).token]))) as Record<Role, string>
  const access = openAccess({ tokens, clock, requests: { perSecond: 1e6, burst: 1e6 } })
  const nothing = (): never => { throw new Error('nobody asks for this here') }
  const reporter = startReporter({
    directory: join(directory, 'journal'), clock: { ...systemClock, now: () => clock.now() }, inForce: () => cycle.arrangement(), told: (line) => desk.told(line), corrected: (line) => desk.corrected(line), before: (line) => desk.before(line), flush: () => journal.flush(),
  })
  const api = openApi({
    desk, access, log: silentLog, sockets: { connections: () => [], stats: nothing },
    house: { box: { logLines: () => [], supportBundle: nothing }, doors: { tokens, people: openPeople(directory, clock) }, settings: { show: nothing, apply: nothing, rollback: nothing }, standby: noStandby(() => desk.head()), past: reporter.handlers },
  })

  /** Until it has come, however long the journal's thread takes; the clock moves by milliseconds meanwhile. */
  async function comes<T>(awaited: Promise<T>): Promise<T> {
    let isHere = false
    const marked = awaited.finally(() => { isHere = true })
    while (!isHere) {
      await clock.advance(1)
      // A busy machine takes seconds for a thread, in which no reading of the PLC may fall out.
      await moment(25)
    }
    return marked
  }

  const plc = { f_run: 0, f_total: 0, f_reject: 0, f_product: 1, p_run: 0, p_total: 0, p_reject: 0, p_product: 1 }
  let isBlind = false
  function read(): void {
    for (const group of arrangement.groups) {
      const values = new Float64Array(group.slots)
      for (const { name, slot } of group.tags) values[slot] = plc[name as keyof typeof plc]
      const quality = group.tags.map(({ name }) => (isBlind && name.startsWith('f_') ? qualities.timeout : qualities.good))
      cycle.scan({ group: group.index, at: clock.now(), mono: clock.mono(), values, qualities: Uint8Array.from(quality), texts: new Map() } satisfies Scan)
    }
  }

  return {
    plc, clock, desk, configOf, cycle,
    /** What a person does who changes the file and applies it; called good at once. */
    apply: (changed: object) => {
      writeFileSync(file, stringify(changed))
      return comes(lifeCycle.apply(readSource(file).source, 'ana', 0))
    },
    read,
    /** So many readings ten seconds apart; at each the PLC changes first. */
    runs: async (readings: number, change: () => void = () => undefined): Promise<void> => {
      for (let n = 0; n < readings; n++) {
        await clock.advance(10_000 - (clock.now() % 10_000))
        change()
        read()
        const turns = cycle.figures().turnsCount
        while (cycle.figures().turnsCount === turns) {
          await clock.advance(1)
          await moment(0)
        }
      }
    },
    comes,
    /** As the journal has them. */
    rows: (equipment: string, from: Instant, to: Instant) => comes(journal.rows({ equipment: [equipment], from, to })),
    /** The oldest fact that is kept. */
    oldest: () => comes(journal.facts({ limit: 1 })).then(([fact]) => given(fact, 'a fact')),
    blind(is: boolean): void { isBlind = is },
    ask: async (target: string, body?: object, as: Role = 'supervisor'): Promise<{ status: number; data: unknown; error: { code: string; details: Record<string, string> } | null }> => {
      const [path = '', query = ''] = target.split('?')
      const sent: Record<string, string> = { authorization: `Bearer ${tokenOf[as]}`, 'content-type': body === undefined ? '' : 'application/json' }
      const reply = await comes(Promise.resolve(api.handler({ method: body === undefined ? 'GET' : 'POST', path, query, header: (name) => sent[name] ?? '', body: Buffer.from(body === undefined ? '' : JSON.stringify(body)), address: '10.0.0.7' })))
      const { data, error } = JSON.parse(reply.body.toString()) as { data: unknown; error?: { code: string; details: { path: string; message: string }[] } }
      return { status: reply.status, data, error: error === undefined ? null : { code: error.code, details: Object.fromEntries(error.details.map(({ path: of, message }) => [of, message])) } }
    },
    async close(): Promise<void> {
      lifeCycle.stop()
      await reporter.stop()
      await workshop.stop()
      await comes(cycle.stop())
      await comes(journal.close())
    },
  }
}

/** Both machines run, and the filler has made so many more parts; the palletizer takes the good ones. */
export function make(plc: Awaited<ReturnType<typeof openGateway>>['plc'], parts: number, rejects = 0): void {
  Object.assign(plc, { f_run: 1, p_run: 1 })
  plc.f_total += parts
  plc.f_reject += rejects
  plc.p_total += parts - rejects
}
