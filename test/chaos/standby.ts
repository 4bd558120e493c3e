/** Two boxes that are killed, frozen, cut apart and ordered by seed, over a plant that goes on: never do both write, and each part is counted once. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededChance } from '../../src/base/chance.js'
import { startPlant } from '../../src/plant/plant.js'
import { startS7Plc } from '../field/support/s7-plc.js'
import { type TestBox, type TestPair, factsOf, pairOf } from '../support/pair.js'
import { difference, hurried, partsOf, partsOfTruth, seesAll, settled, until } from '../support/pair-plant.js'
import { machines } from '../support/sight.js'
import { watchWrites } from '../support/write-watch.js'
import { type Trial, Wrong } from './trial.js'

const mishaps = ['order', 'kill', 'freeze', 'cut'] as const

export const standby: Trial = {
  name: 'standby: two boxes killed, frozen and cut apart', count: Number(process.env['HANDOVERS'] ?? 60),
  async run(seed, count, goesOn) {
    const chance = seededChance(seed)
    const wrong = new Wrong('writes of a box that may not', 'parts lost', 'parts twice', 'names twice', 'copies that differ')
    const directory = mkdtempSync(join(tmpdir(), 'lineside-standby-'))
    const plant = await startPlant({ seed, factor: 0.01, s7Port: 0, logixPort: 0, controlPort: null, runMs: 30 * 24 * 3_600_000, stepMs: 10 })
    const lamps = await startS7Plc([{ area: 'DB', db: 90, bytes: new Uint8Array(4) }])
    const lately: { readonly pid: number | null; readonly atMs: number }[] = []
    const wire = await watchWrites(lamps.port, () => [pair.a, pair.b].flatMap((box) => box.pid() ?? []), (_, pid) => { if (lately.push({ pid, atMs: Date.now() }) > 100) lately.shift() })
    const pair: TestPair = await pairOf(directory, { takeover: 'on_silence', silence: process.env['SILENCE'] ?? '2s' }, (config) => { hurried(config, plant, wire.port) })
    const thrown = new Map<string, number>()
    const writes = (box: TestBox): number => { const pid = box.pid(); return pid === null ? 0 : wire.countOf(pid) }

    /** Lets one thing befall the two; the standby works after it, and the other one has not written since it may not. */
    async function befall(kind: (typeof mishaps)[number]): Promise<void> {
      const [active, standby] = await settled(pair)
      thrown.set(kind, (thrown.get(kind) ?? 0) + 1)
      if (kind === 'order') await standby.ask('PUT', '/api/v1/standby/takeover')
      if (kind === 'kill') await active.end('SIGKILL')
      if (kind === 'freeze') active.signal('SIGSTOP')
      if (kind === 'cut') pair.cut(true)
      await until(`${standby.name} works after ${kind}`, async () => (await standby.state()).role === 'active')
      const before = writes(active)
      const [pid, takenMs] = [active.pid(), Date.now()]
      const reigns = await reignsOf(standby, active)
      await sleep(chance.whole(0, 2_000))
      const backMs = Date.now()
      if (kind === 'kill') await active.start()
      if (kind === 'freeze') active.signal('SIGCONT')
      if (kind === 'cut') pair.cut(false)
      const [now] = await settled(pair)
      const written = writes(active) - before
      // A machine that is too busy is silent too: then the work went back, and whoever has it may write.
      if (await reignsOf(now, active) !== reigns) thrown.set('by itself', (thrown.get('by itself') ?? 0) + 1)
      else if (kind !== 'kill') wrong.is('writes of a box that may not', `${active.name} after ${kind}, ms since it was back, ${backMs - takenMs} after the other had taken over: ${lately.filter((write) => write.pid === pid).map(({ atMs }) => atMs - backMs).join(' ')}\n${active.said().slice(-2_000)}`, written)
    }

    /** How often a box has taken over, as the other one or itself tells it. */
    const reignsOf = async (teller: TestBox, of: TestBox): Promise<number> => (await factsOf(teller)).filter(({ type, data }) => type === 'taken_over' && data['box'] === of.name).length

    try {
      await plant.pull({ lever: 'time/pause', body: {} })
      await Promise.all([pair.a.start(), pair.b.start()])
      await seesAll(pair.a)
      const before = partsOfTruth(plant)
      await plant.pull({ lever: 'time/factor', body: { factor: 40 } })
      await plant.pull({ lever: 'time/resume', body: {} })
      for (let number = 0; number < count && goesOn?.(number) !== false; number++) await befall(chance.pick(mishaps))
      await plant.pull({ lever: 'time/pause', body: {} })
      const after = partsOfTruth(plant)
      // What a box has seen and not yet told, it tells when it hands over; who had just come may have seen the last parts only then.
      for (let number = 0; number < 3; number++) {
        await sleep(1_000)
        await befall('order')
      }
      const [active, standby] = await settled(pair)
      const facts = await factsOf(active)
      for (const code of machines) {
        const [counted, made] = [partsOf(facts, code), difference(after[code]!, before[code]!)]
        const off = counted.good + counted.reject - made.good - made.reject
        wrong.is(off < 0 ? 'parts lost' : 'parts twice', `${code}: ${JSON.stringify({ counted, made })}`, Math.abs(off))
      }
      const names = facts.flatMap(({ type, data }) => (type === 'downtime_event' ? [String(data['stop_id'])] : []))
      wrong.is('names twice', 'stops', names.length - new Set(names).size)
      await until('the copy is whole', async () => (await standby.state()).seq === (await active.state()).seq)
      const copy = new Map((await factsOf(standby)).map((fact) => [fact.seq, JSON.stringify(fact)]))
      wrong.is('copies that differ', 'facts', facts.filter((fact) => copy.get(fact.seq) !== JSON.stringify(fact)).length)
      return { thrown: `${[...thrown].map(([kind, times]) => `${times} × ${kind}`).join(', ')}; ${facts.length} facts`, wrong: wrong.counts, details: wrong.details }
    } catch (thrown) {
      for (const box of [pair.a, pair.b]) console.error(`${box.name}:\n${box.said().slice(-20_000)}`)
      throw thrown
    } finally {
      await pair.stop()
      await wire.stop()
      await lamps.kill()
      await plant.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
