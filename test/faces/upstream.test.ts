/** From the journal through a real broker into a real PostgreSQL: everything once, and what is odd by its name. */

import t from 'tap'
import { systemChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { startIngest } from '../../src/faces/ingest/ingest.js'
import { rowOf } from '../journal/plant.js'
import { until } from '../support/child.js'
import { type Gateway, startGateway } from '../support/gateway.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startPostgres } from '../support/postgres.js'

const postgres = await startPostgres()
const broker = await startMosquitto(t.testdir())
t.teardown(async () => {
  await broker.stop()
  await postgres.stop()
})

const worker = (name: string, more: { readonly url?: string; readonly group?: string } = {}) => startIngest({
  database: postgres.url, broker: { url: more.url ?? broker.url, keepaliveMs: 20_000, waitMsMax: 500 }, root: 'lineside/v1', worker: name, group: more.group ?? 'ingest',
  clock: systemClock, chance: systemChance, log: silentLog,
})
const mes = (more: object = {}) => ({ name: 'mes', url: broker.url, ack_timeout: '1s', reconnect_max: '500ms', ...more })
const acked = (gateway: Gateway) => gateway.upstreams[0]!.figures().lanes.facts!.acked
const seqsOf = async (gateway: string) => (await postgres.rows<{ seq: string }>('SELECT seq FROM lineside.facts WHERE gateway = $1 ORDER BY epoch, seq', [gateway])).map(({ seq }) => Number(seq))
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i)

t.test('facts and rows arrive once, in their tables, and the bookmark follows the commit', async (t) => {
  const gateway = await startGateway({ directory: t.testdir(), id: 'plain', upstreams: [mes()] })
  const ingest = await worker('a')
  await gateway.happen(1_234, { rows: [rowOf(0), rowOf(1)] })
  await gateway.happen(66, { rows: [rowOf(1, { revision: 1, parts: { ...rowOf(1).parts, good: 7 } })] })
  await until('the MES has it all', () => acked(gateway) === 1_300)
  await until('the rows too', async () => (await postgres.rows(`SELECT 1 FROM lineside.losses WHERE gateway = 'plain' AND revision = 1`)).length === 1)
  t.strictSame(await seqsOf('plain'), upTo(1_300))
  const [one] = await postgres.rows<{ at: Date; kind: string; line: string; equipment: string; body: object }>(`SELECT at, kind, line, equipment, body FROM lineside.facts WHERE gateway = 'plain' AND seq = 7`)
  const fact = (await gateway.desk.facts({ limit: 10 }))[6]!
  t.strictSame([one!.at.getTime(), one!.kind, one!.line, one!.equipment, one!.body], [fact.at, fact.type, fact.line, fact.equipment, fact.body])
  t.strictSame(await postgres.rows(`SELECT extract(epoch FROM minute) * 1000 AS minute, revision, running, good, ideal_ms, product, job FROM lineside.losses WHERE gateway = 'plain' ORDER BY minute`), [
    { minute: '1774764000000.000000', revision: 0, running: '60000', good: 59.5, ideal_ms: 1000 / 3, product: 'BAG500', job: '' },
    { minute: '1774764060000.000000', revision: 1, running: '60000', good: 7, ideal_ms: 1000 / 3, product: 'BAG500', job: '' },
  ])
  t.match(await postgres.rows(`SELECT online, site, version FROM lineside.gateways WHERE gateway = 'plain'`), [{ online: true, site: 'berlin', version: '0.0.0' }])
  await gateway.stop()
  await until('the MES hears that it left', async () => (await postgres.rows(`SELECT 1 FROM lineside.gateways WHERE gateway = 'plain' AND NOT online`)).length === 1)
  await ingest.stop()
})
