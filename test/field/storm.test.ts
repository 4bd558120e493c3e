/** Twenty PLCs that come back at once: each is asked for no more than its budget allows, in requests and in bytes, and nothing is sent that is not counted. */

import { once } from 'node:events'
import { type Server, type Socket, connect, createServer } from 'node:net'
import t from 'tap'
import { systemChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Plc, plc } from '../../src/contract/plcs.js'
import { qualities } from '../../src/contract/scan.js'
import { startField } from '../../src/field/host.js'
import { atomic } from '../../src/plant/logix/tags.js'
import { openLogixServer } from '../../src/plant/logix/server.js'
import { until } from '../support/child.js'
import { freePort } from '../support/ports.js'
import { startS7Plc } from './support/s7-plc.js'

/** A frame or some bytes that passed, and when. */
interface Passed { readonly at: number; readonly count: number }

/** The only way to a PLC: it can be shut and opened again, and counts what passes. */
interface Gate { readonly port: number; readonly requests: Passed[]; readonly bytes: Passed[]; connectionsCount: number; shut(): Promise<void>; open(): Promise<void> }

interface Protocol { readonly headBytes: number; readonly frameBytes: (at: Buffer) => number }
const tpkt: Protocol = { headBytes: 4, frameBytes: (at) => at.readUInt16BE(2) }
const encapsulation: Protocol = { headBytes: 24, frameBytes: (at) => 24 + at.readUInt16LE(2) }

async function gateTo(to: number, { headBytes, frameBytes }: Protocol): Promise<Gate> {
  const sockets = new Set<Socket>()
  let server: Server
  const admit = (client: Socket): void => {
    gate.connectionsCount++
    const peer = connect({ port: to, host: '127.0.0.1', noDelay: true })
    let rest = Buffer.alloc(0)
    for (const socket of [client, peer]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => { sockets.delete(socket); client.destroy(); peer.destroy() })
    }
    client.on('data', (bytes: Buffer) => {
      gate.bytes.push({ at: performance.now(), count: bytes.length })
      rest = Buffer.concat([rest, bytes])
      while (rest.length >= headBytes && rest.length >= frameBytes(rest)) {
        gate.requests.push({ at: performance.now(), count: 1 })
        rest = rest.subarray(frameBytes(rest))
      }
      peer.write(bytes)
    })
    peer.on('data', (bytes: Buffer) => {
      gate.bytes.push({ at: performance.now(), count: bytes.length })
      client.write(bytes)
    })
  }
  const listen = async (port: number): Promise<void> => {
    server = createServer({ noDelay: true }, admit).listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  const port = await freePort()
  await listen(port)
  const gate: Gate = {
    port, requests: [], bytes: [], connectionsCount: 0,
    async shut() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    open: () => listen(port),
  }
  return gate
}

/** The most that passed beyond what a bucket, which fills at this rate and is as deep as one second, would have let pass; over any stretch of time. */
function excessOver(perSecond: number, passed: readonly Passed[]): number {
  let [level, excess, last] = [0, 0, passed[0]?.at ?? 0]
  for (const { at, count } of passed) {
    level = Math.max(0, level - (at - last) / 1_000 * perSecond) + count
    last = at
    excess = Math.max(excess, level - perSecond)
  }
  return excess
}

const PLCS = 20
const TAGS = 100
/** Fewer than the ten readings a second that the cycle would take. */
const FEW_REQUESTS = { requests_per_second: 5, bytes_per_second: 500_000 }
/** About three readings a second. */
const FEW_BYTES = { requests_per_second: 500, bytes_per_second: 2_000 }
/** One reading is under way when the others are counted, and an opening is paid for at its end. */
const SLACK = { requests: 4, bytes: 1_500 }

t.test('twenty PLCs that come back at once are asked no more than their budgets allow', { timeout: 600_000 }, async (t) => {
  const s7 = await startS7Plc([{ area: 'DB', db: 1, bytes: Buffer.alloc(4 * TAGS) }])
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: Array.from({ length: TAGS }, (_, i) => atomic(`T${i}`, 'DINT', i)) })
  const gates = await Promise.all(Array.from({ length: PLCS }, (_, i) => i % 2 === 0 ? gateTo(s7.port, tpkt) : gateTo(logix.port, encapsulation)))
  const plcs: Plc[] = gates.map(({ port }, i) => plc.parse({
    id: `p${i}`, driver: i % 2 === 0 ? 's7' : 'eip', host: '127.0.0.1', port, cycle: '100ms', timeout: '20s', budget: i % 4 < 2 ? FEW_REQUESTS : FEW_BYTES,
    tags: Object.fromEntries(Array.from({ length: TAGS }, (_, tag) => [`t${tag}`, i % 2 === 0 ? `DB1,DINT${4 * tag}` : `T${tag}`])),
  }))
  const good = new Map<string, number>()
  const downs = new Map<string, number>()
  const more = (of: Map<string, number>, id: string): void => { of.set(id, (of.get(id) ?? 0) + 1) }
  const field = startField(plcs, {
    clock: systemClock, chance: systemChance, log: silentLog,
    onScan: (scan) => { if (scan.qualities.every((quality) => quality === qualities.good)) more(good, field.groups[scan.group]!.plc) },
    onLink: ({ plc, up }) => { if (!up) more(downs, plc) },
  })
  t.teardown(async () => {
    await field.stop()
    await Promise.all(gates.map((gate) => gate.shut()))
    await Promise.all([s7.kill(), logix.close()])
  })
  const allAtLeast = (of: ReadonlyMap<string, number>, count: number): boolean => plcs.every(({ id }) => (of.get(id) ?? 0) >= count)

  await until('all are read', () => allAtLeast(good, 1), 60_000)
  await Promise.all(gates.map((gate) => gate.shut()))
  await until('all are missed', () => allAtLeast(downs, 1), 60_000)
  good.clear()
  await Promise.all(gates.map((gate) => gate.open()))
  await until('all are read again, and for a while', () => allAtLeast(good, 5), 120_000)

  const health = field.health()
  for (const [i, { id, budget }] of plcs.entries()) {
    const { requests, bytes } = gates[i]!
    const name = `${id}: ${requests.length} requests, ${bytes.reduce((sum, { count }) => sum + count, 0)} bytes`
    t.ok(excessOver(budget.requests_per_second, requests) <= SLACK.requests, `${name}; ${excessOver(budget.requests_per_second, requests).toFixed(1)} too many`)
    t.ok(excessOver(budget.bytes_per_second, bytes) <= SLACK.bytes, `${name}; ${Math.round(excessOver(budget.bytes_per_second, bytes))} bytes too many`)
  }
  t.ok(health.every(({ cyclesMissedCount }) => cyclesMissedCount > 0), 'it was the budgets that held them back')
  t.ok(health.every(({ reconnectsCount }, i) => reconnectsCount >= 1 && gates[i]!.connectionsCount <= 1 + reconnectsCount), 'one connection at a time')
})
