/** Kills broker, gateway and ingest workers at random, by seed, and then holds the database of the MES against the journal of the gateway. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { seededChance } from '../../src/base/chance.js'
import { instant, rfc3339 } from '../../src/base/units.js'
import type { Journal } from '../../src/contract/journal.js'
import { openJournal } from '../../src/journal/journal.js'
import { START, groups, optionsFor } from '../journal/plant.js'
import { type Child, start, until } from '../support/child.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startPostgres } from '../support/postgres.js'
import { factsIn } from '../support/recorded.js'

export const victims = ['broker', 'gateway', 'worker a', 'worker b'] as const
export type Victim = (typeof victims)[number]

export interface Outcome {
  readonly kills: Readonly<Record<Victim, number>>
  /** Facts in the journal: what was thrown at the MES. */
  readonly thrown: number
  /** Numbers that the gateway had announced and its journal then did not have. */
  readonly forgotten: number
  readonly lost: number
  readonly doubled: number
  /** Facts that arrived with another content than they have in the journal. */
  readonly changed: number
  readonly rows: number
  readonly rowsWrong: number
  readonly samples: number
  /** Scans that are in one place and not in the other, or not the same. */
  readonly samplesWrong: number
  readonly gaps: number
  readonly forks: number
  readonly deadLetters: number
  readonly seconds: number
}

export interface ChaosOptions {
  readonly seed: number
  readonly kills: number
  /** How long between two kills, at most. */
  readonly calmMsMax: number
  /** What moves the gateway's bookmark. `puback` is the control: a broker that is killed forgets what it acknowledged, so this must lose. */
  readonly ack?: 'mes' | 'puback'
  readonly onKill?: (count: number) => void
}

const here = (path: string): string => new URL(path, import.meta.url).pathname
/** How long everything may take to arrive when nothing is killed any more. */
const SETTLE_MS = 120_000

export async function runChaos({ seed, kills: wanted, calmMsMax, ack = 'mes', onKill }: ChaosOptions): Promise<Outcome> {
  const begun = performance.now()
  const chance = seededChance(seed)
  const directory = mkdtempSync(join(tmpdir(), 'lineside-chaos-'))
  const data = join(directory, 'gateway')
  const postgres = await startPostgres()
  const broker = await startMosquitto(directory, ['autosave_interval 1', 'max_queued_messages 100'])
  // Peers start without the hooks of a test runner, as on site.
  const env = { PATH: process.env['PATH'] }
  let told = 0
  let state = { head: 0, acked: -1, rowsWait: true, samplesWait: true }

  const worker = (name: string) => start(process.execPath, [here('../../src/cli.js'), 'ingest', '--broker', broker.url, '--database', postgres.url, '--worker', name, '--reconnect-max', '500ms'], { env })
  const gateway = (): Child => {
    const child = start(process.execPath, [here('./gateway.js'), data, broker.url, ack], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    child.process.on('message', (message: { told?: number } & typeof state) => {
      if (message.told === undefined) state = message
      else told = Math.max(told, message.told)
    })
    return child
  }
  const parties: Record<Exclude<Victim, 'broker'>, Child> = { gateway: gateway(), 'worker a': worker('a'), 'worker b': worker('b') }
  const again: Record<Exclude<Victim, 'broker'>, () => Child> = { gateway, 'worker a': () => worker('a'), 'worker b': () => worker('b') }
  const kills: Record<Victim, number> = { broker: 0, gateway: 0, 'worker a': 0, 'worker b': 0 }

  try {
    await until('the first facts arrived', async () => told > 0 && (await postgres.rows(`SELECT 1 FROM lineside.streams WHERE contiguous > 0`).catch(() => [])).length > 0)
    for (let count = 1; count <= wanted; count++) {
      await calm(chance.whole(0, calmMsMax))
      const victim = chance.pick(victims)
      const downMs = chance.whole(0, calmMsMax / 2)
      if (victim === 'broker') {
        await broker.kill()
        await calm(downMs)
        await broker.start()
      } else {
        await parties[victim].end('SIGKILL')
        await calm(downMs)
        parties[victim] = again[victim]()
      }
      kills[victim]++
      onKill?.(count)
    }

    parties.gateway.process.send('enough')
    await until('everything that was thrown has arrived', () => state.head >= told && state.acked === state.head, SETTLE_MS)
      .catch((error: unknown) => { throw new Error(`${String(error)}\n${JSON.stringify({ told, ...state })}\n${parties.gateway.text()}\n${parties['worker a'].text().slice(-2_000)}`) })
    await until('the rows and the samples too', () => !state.rowsWait && !state.samplesWait, SETTLE_MS)
    parties.gateway.process.send('leave')
    await new Promise((resolve) => { parties.gateway.process.once('exit', resolve) })
    return { kills, ...await compared(data, told, (sql) => postgres.rows(sql)), seconds: Math.round((performance.now() - begun) / 1_000) }
  } finally {
    await Promise.all(Object.values(parties).map((party) => party.end('SIGKILL')))
    await broker.stop()
    await postgres.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

const calm = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

/** What the MES has against what the gateway wrote down. */
async function compared(data: string, told: number, rows: <R extends object>(sql: string) => Promise<R[]>): Promise<Omit<Outcome, 'kills' | 'seconds'>> {
  const count = async (sql: string): Promise<number> => Number((await rows<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`))[0]!.n)
  const arrived = new Map((await rows<{ epoch: string; seq: string; at: Date; kind: string; body: unknown }>('SELECT epoch, seq, at, kind, body FROM lineside.facts'))
    .map((fact) => [`${fact.epoch}/${fact.seq}`, { at: rfc3339(instant(fact.at.getTime())), kind: fact.kind, body: fact.body }]))
  const journal = await openJournal(optionsFor(data, { groups }))
  let [lost, changed] = [0, 0]
  const facts = await factsIn(journal)
  for (const fact of facts) {
    const there = arrived.get(`${fact.epoch}/${fact.seq}`)
    if (there === undefined) lost++
    else if (!isDeepStrictEqual(there, { at: rfc3339(fact.at), kind: fact.type, body: fact.body })) changed++
  }
  const kept = (await journal.rows({ equipment: ['BAG1'], from: START, to: instant(START + 3_600_000) })).map((row) => [row.minute, row.revision, row.parts.good])
  const copied = (await rows<{ minute: Date; revision: number; good: number }>('SELECT minute, revision, good FROM lineside.losses ORDER BY minute')).map((row) => [row.minute.getTime(), row.revision, row.good])
  const scanned = await speedsIn(journal)
  const there = (await rows<{ turn: string; at: Date; value: number }>(`SELECT turn, at, value FROM lineside.tag_samples WHERE tag = 'speed' ORDER BY turn, at`)).map(({ turn, at, value }) => `${turn} ${at.getTime()} ${value}`)
  const head = journal.remembered.head
  await journal.close()
  return {
    thrown: facts.length, lost, changed, forgotten: Math.max(0, told - head),
    // Each fact says its own number, so one that came under two keys is seen whatever the keys are.
    doubled: await count('(SELECT body FROM lineside.facts GROUP BY body HAVING count(*) > 1) AS twice'),
    rows: kept.length, rowsWrong: kept.filter((row, i) => !isDeepStrictEqual(row, copied[i])).length + Math.max(0, copied.length - kept.length),
    samples: scanned.length, samplesWrong: differing(scanned, there),
    gaps: await count('lineside.gaps'), forks: await count('lineside.forks'), deadLetters: await count('lineside.dead_letters'),
  }
}

/** Every scan of one tag, out of the journal. */
async function speedsIn(journal: Journal): Promise<string[]> {
  const found: string[] = []
  for (let after = 0; ;) {
    const page = await journal.sampled({ after, turnsMax: 1_000, tags: ['packer/speed'] })
    if (page === null) return found
    for (const { turns, ats, columns } of page.strips) turns.forEach((turn, i) => { found.push(`${turn} ${ats[i]} ${String(columns[0]!.values[i])}`) })
    after = page.last
  }
}

/** Each scan says its turn, its instant and its value, so what came twice is in one list once and in the other not. */
function differing(kept: readonly string[], copied: readonly string[]): number {
  const [ours, theirs] = [new Set(kept), new Set(copied)]
  return kept.filter((one) => !theirs.has(one)).length + copied.filter((one) => !ours.has(one)).length + (copied.length - theirs.size)
}
