/** A gateway without a plant: the real journal, desk and upstream, and facts made on demand in place of the cycle's. */

import { arrangementOf } from '../../src/turn/arrangement.js'
import { systemChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { type Log, silentLog } from '../../src/base/log.js'
import { type Instant, mono, type Seq, seq } from '../../src/base/units.js'
import { type Config, config as configSchema } from '../../src/contract/config.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { Journal } from '../../src/contract/journal.js'
import type { LossRow } from '../../src/contract/losses.js'
import type { Scan } from '../../src/contract/scan.js'
import { refuse } from '../../src/contract/refusals.js'
import type { Cycle } from '../../src/gateway/cycle.js'
import { type OpenDesk, openDesk } from '../../src/gateway/desk.js'
import { startUpstream, type Upstream } from '../../src/faces/mqtt/upstream.js'
import { type JournalOptions, openJournal } from '../../src/journal/journal.js'

export interface Gateway {
  readonly desk: OpenDesk
  readonly journal: Journal
  readonly upstreams: readonly Upstream[]
  /** Journals so many facts and rows as one turn, and announces them. */
  happen(count: number, more?: { readonly rows?: readonly LossRow[]; readonly scans?: (turn: number) => readonly Scan[]; readonly body?: (number: number) => object; readonly at?: Instant; /** A start need not read what was before. */ readonly snapshot?: boolean }): Promise<readonly Fact[]>
  stop(): Promise<void>
}

export interface GatewayOptions {
  readonly directory: string
  readonly id?: string
  readonly upstreams: readonly object[]
  readonly log?: Log
  readonly method?: Config['lines'][number]['method']
  /** Scans of these are journalled. */
  readonly groups?: JournalOptions['groups']
  /** Products that another equipment limits. */
  readonly constraints?: Readonly<Record<string, string>>
  /** Facts and samples are kept no longer than they must be. */
  readonly forgetful?: boolean
}

export async function startGateway({ directory, id = 'gw-1', upstreams, log = silentLog, method = 'constraint', constraints = {}, groups = [], forgetful = false }: GatewayOptions): Promise<Gateway> {
  const config = configSchema.parse({
    version: 1, gateway: { id, enterprise: 'acme', site: 'berlin', area: 'packing' }, storage: { directory }, plcs: [], upstreams,
    calendars: { always: {} },
    lines: [{ id: '12345678-1234-5678-9abc-123456789012', code: 'BP01', name: 'Bagging', calendar: 'always', method, constraints, equipment: [{ code: 'BAG1', name: 'Bagger', constraint: true }, { code: 'PAL1', name: 'Palletizer' }] }],
  })
  const { storage } = config
  const journal = await openJournal({
    directory, clock: systemClock, log, groups, recorded: () => true, lines: ['BP01'], stageMs: storage.samples.commit,
    storage: { ballast: 0, samples: forgetful ? { keep: 1, bytes: 2e9, chunk: 1_000 } : storage.samples, facts: forgetful ? { keep: 1, bytes: 2e9 } : storage.facts },
  })
  const { epoch } = journal.remembered
  let head: number = journal.remembered.head
  let turn = journal.remembered.lastTurn
  const arrangement = arrangementOf(config, 1)
  const cycle: Cycle = {
    arrangement: () => arrangement, rearrange: () => Promise.resolve(),
    scan: () => undefined, link: () => undefined, note: () => undefined, command: () => Promise.resolve(refuse('STARTING')), worked: () => Promise.resolve(refuse('STARTING')),
    lines: () => new Map(), head: (): Seq => seq(head), stop: () => Promise.resolve(),
    figures: () => { throw new Error('nobody asks for figures here') },
  }
  const started: Upstream[] = []
  const desk = openDesk({
    upstreams: () => started, planner: { start: () => refuse('STARTING'), state: () => ({ state: 'none', progress: 0, why: null, plan: null }), stop: () => undefined },
    gateway: id, version: '0.0.0', epoch: () => epoch, clock: systemClock, log, cycle, journal,
    health: () => { throw new Error('nobody asks for health here') }, explainTag: () => refuse('TAG_UNKNOWN'), viewOf: () => null, readingsOf: () => [], configOf: () => null,
  })
  for (const upstream of config.upstreams) started.push(await startUpstream({ desk, config: upstream, clock: systemClock, chance: systemChance, log, isAlone: () => false, maySpeak: () => true, outrun: () => undefined }))
  return {
    desk, journal, upstreams: started,
    async happen(count, { rows = [], scans = () => [], body = (number: number): object => ({ reason: `number ${number} "quoted" ü` }), at = systemClock.now(), snapshot = forgetful } = {}) {
      const facts = Array.from({ length: count }, (_, i): Fact => {
        const number = head + 1 + i
        return { epoch, seq: seq(number), config: 1, at, line: 'BP01', equipment: 'BAG1', type: 'gateway_stopped', body: body(number) } as Fact
      })
      await journal.append({ number: ++turn, at, mono: mono(systemClock.mono()), facts, rows, scans: scans(turn), commands: [], snapshots: snapshot ? [{ line: 'BP01', seq: seq(head + count), at, state: '{}' }] : [] })
      head += count
      desk.announce({ turn, at, lines: new Map(), facts, touched: new Set() })
      return facts
    },
    async stop() {
      await Promise.all(started.map((upstream) => upstream.stop()))
      await journal.close()
    },
  }
}

