/** What retention takes away is told: nobody looks for samples that are gone without finding since when. */

import t from 'tap'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { instant, instantOf, later, mono } from '../../src/base/units.js'
import type { DraftOf } from '../../src/contract/events/catalogue.js'
import type { BoxDesk } from '../../src/faces/api/box.js'
import { startDaemon } from '../../src/gateway/daemon.js'
import { openJournal } from '../../src/journal/journal.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { configOf, siteOf } from '../stories/gateway.js'
import { until } from '../support/child.js'
import { folderOf } from '../support/folder.js'

const box: BoxDesk = { logLines: () => [], supportBundle: () => Promise.resolve(Buffer.alloc(0)) }

type Told = DraftOf<'journal_trimmed'>['body']

t.test('samples older than they are kept go, and a fact says from when to when they were, and why', { timeout: 240_000 }, async (t) => {
  const directory = folderOf(t)
  const site = await siteOf(directory, (config) => {
    config.server = {}
    config.upstreams = []
    config.storage = { ...config.storage, ballast: '0B', samples: { keep: '1h', chunk: '1m' } }
    for (const plc of config.plcs) Object.assign(plc, { port: 1 })
  })
  const config = configOf(site)
  const { groups, isRecorded } = arrangementOf(config, 1)
  const begun = instant(Math.floor(later(systemClock.now(), -3 * 3_600_000) / 60_000) * 60_000)
  const ats = Array.from({ length: 20 }, (_, i) => later(begun, i * 15_000))
  const [group] = groups
  const before = await openJournal({ directory: site.dataDir, clock: systemClock, log: silentLog, groups, recorded: isRecorded, storage: config.storage })
  for (const [i, at] of ats.entries()) {
    const scan = { group: group!.index, at, mono: mono(i * 15_000), values: new Float64Array(group!.slots), qualities: new Uint8Array(group!.tags.length), texts: new Map() }
    await before.append({ number: i + 1, at, mono: mono(i * 15_000), facts: [], scans: [scan], rows: [], commands: [], snapshots: [] })
  }
  await before.close()

  const daemon = await startDaemon({ configFile: site.configFile, demo: false, dataDir: site.dataDir, port: 0, log: silentLog, box, onBroken: (fault) => { throw fault } })
  t.teardown(() => daemon.stop('the test is over'))
  const told = async (): Promise<Told[]> => {
    const answer = await fetch(`${daemon.address}/api/v1/enhanced/journal?after=0&limit=1000`, { headers: { authorization: `Bearer ${daemon.firstToken}` } })
    const { data } = await answer.json() as { data: { events: { type: string; data: Told }[] } }
    return data.events.flatMap((event) => (event.type === 'journal_trimmed' ? [event.data] : []))
  }
  const at = (text: string): number => instantOf(text)!
  // Each look of the writer may take some of them.
  await until('all of them are told', async () => (await told()).some(({ to }) => at(to) >= ats.at(-1)!))
  const all = await told()
  t.equal(Math.min(...all.map(({ from }) => at(from))), ats[0], 'from the very first')
  t.ok(all.every(({ what, why, from_seq: first, unacknowledged }) => what === 'samples' && why === 'age' && first === null && !unacknowledged))
})
