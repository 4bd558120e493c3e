/** The gateway of a chaos run: journals facts, loss rows and samples without a pause until it is killed, and says how far each turn got. */

import { instant } from '../../src/base/units.js'
import { START, groups, rowOf, turnOf } from '../journal/plant.js'
import { startGateway } from '../support/gateway.js'

const [directory, url, ack] = process.argv.slice(2) as [string, string, string]
const EVERY_MS = 5
const gateway = await startGateway({ directory, id: 'chaos', groups, upstreams: [{ name: 'mes', url, samples: { tags: ['packer/*'] }, ack_timeout: '1s', reconnect_max: '500ms', batch: 100, ack }] })
const tell = (message: object): void => { process.send?.(message) }

let isMaking = true
let telling: Promise<void> = Promise.resolve()
process.on('message', (message) => {
  if (message === 'enough') isMaking = false
  if (message === 'leave') {
    clearInterval(look)
    // What is being asked is answered first: the journal closes after its readers.
    void telling.then(() => gateway.stop()).then(() => { process.disconnect() })
  }
})
process.on('disconnect', () => { process.exit(0) })

// What follows from the number alone can be checked without having been told.
for (let turn = gateway.desk.head().seq; isMaking; turn++) {
  const count = 1 + turn % 40
  const row = rowOf(turn % 60, { minute: instant(START + (turn % 60) * 60_000), revision: turn })
  const facts = await gateway.happen(count, { rows: [{ ...row, parts: { ...row.parts, good: turn } }], scans: (number) => turnOf(number).scans })
  tell({ told: facts.at(-1)!.seq })
  await new Promise((resolve) => { setTimeout(resolve, EVERY_MS) })
}
const look = setInterval(() => { telling = telling.then(tellState) }, 50)
async function tellState(): Promise<void> {
  const { lanes } = gateway.upstreams[0]!.figures()
  const samplesWait = await gateway.desk.sampled({ after: lanes.samples!.acked, turnsMax: 1, tags: [] }) !== null
  const rowsWait = (await gateway.desk.rowsWritten({ after: lanes.rows!.acked, limit: 1 })).length > 0
  tell({ samplesWait, rowsWait, head: gateway.desk.head().seq, acked: lanes.facts!.acked, lane: lanes.facts, connected: gateway.upstreams[0]!.figures().connected })
}
