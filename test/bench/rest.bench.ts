/** Live answers over HTTP: how long they take while PLCs are polled, and what one costs beside bare uWebSockets.js, fastify and express. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, type Figure, median, percentile } from './bench.js'
import { type Gateway, startGateway } from './support/gateway.js'
import { type Questions, ask, flood } from './support/http-load.js'
import { type HttpPeer, type PeerReply, startHttpPeer } from './support/http-peer.js'
import { configOf, startSwinging } from './support/plant.js'
import { cpuMs } from './support/process.js'

const ROUNDS = 3
const SECONDS = 2
/** Each may ask 2,000 times a second. */
const TOKENS = 100
const TAGS = [334, 333, 333]
/** A signal takes some 115 bytes of an answer. */
const sizes = [{ size: '1 KB', machine: 'M1', shown: 5 }, { size: '10 KB', machine: 'M2', shown: 86 }] as const

async function replyOf({ address, tokens }: Gateway, path: string): Promise<PeerReply> {
  const reply = await fetch(`${address}${path}`, { headers: { authorization: `Bearer ${tokens[0]}` } })
  const own = [...reply.headers].filter(([name]) => !['content-length', 'connection', 'date', 'keep-alive', 'uwebsockets'].includes(name))
  return { headers: own, body: await reply.text(), tokens }
}

/** Microseconds of the server's processor time per answer, less what it uses when nobody asks. */
async function costOf(pid: number, questions: Questions, idle: number): Promise<number> {
  await flood(questions, 1)
  const [from, before] = [performance.now(), cpuMs([pid])]
  const answers = await flood(questions, SECONDS)
  return (cpuMs([pid]) - before - idle * (performance.now() - from)) / answers * 1_000
}

async function compare(gateway: Gateway, idle: number, peers: string, { size, machine }: (typeof sizes)[number]): Promise<readonly Figure[]> {
  const path = `/api/v1/enhanced/equipment/${machine}/signals`
  const reply = await replyOf(gateway, path)
  const others: Record<'bare' | 'fastify' | 'express', HttpPeer> = {
    bare: await startHttpPeer('bare', peers, reply), fastify: await startHttpPeer('fastify', peers, reply), express: await startHttpPeer('express', peers, reply),
  }
  const of = (peer: HttpPeer): Promise<number> => costOf(peer.pid, { address: peer.address, path, tokens: gateway.tokens }, 0)
  const rounds: { readonly ours: number; readonly bare: number; readonly fastify: number; readonly express: number }[] = []
  try {
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({
        ours: await costOf(gateway.pid, { address: gateway.address, path, tokens: gateway.tokens }, idle),
        bare: await of(others.bare), fastify: await of(others.fastify), express: await of(others.express),
      })
    }
  } finally {
    for (const peer of Object.values(others)) await peer.stop()
  }
  const ratio = (peer: 'bare' | 'fastify' | 'express'): number[] => rounds.map((round) => round.ours / round[peer])
  return [
    { figure: `${size} (${reply.body.length} bytes): ours`, value: median(rounds.map(({ ours }) => ours)), unit: 'µs CPU', target: null },
    { figure: `${size}: ours over bare uWS`, value: median(ratio('bare')), unit: '×', target: { atMost: 1.2 } },
    { figure: `${size}: the same, least of ${ROUNDS}`, value: Math.min(...ratio('bare')), unit: '×', target: null },
    { figure: `${size}: the same, most of ${ROUNDS}`, value: Math.max(...ratio('bare')), unit: '×', target: null },
    { figure: `${size}: ours over fastify`, value: median(ratio('fastify')), unit: '×', target: { atMost: 1 / 3 } },
    { figure: `${size}: ours over express`, value: median(ratio('express')), unit: '×', target: { atMost: 1 / 13 } },
  ]
}

export const bench: Bench = {
  name: 'rest',
  peers: ['fastify@5.12.8', 'express@5.3.0'],
  async run(peers) {
    const plcs = await Promise.all(TAGS.map((tagsCount) => startSwinging(tagsCount, 50)))
    const gateway = await startGateway(
      configOf(plcs.map(({ port }, i) => ({ port, tagsCount: TAGS[i]!, cycleMs: 100, transport: 'pipelined' })), { shown: sizes.map(({ shown }) => shown) }), { tokensCount: TOKENS },
    )
    try {
      await sleep(3_000)
      const [from, before] = [performance.now(), cpuMs([gateway.pid])]
      await sleep(5_000)
      const idle = (cpuMs([gateway.pid]) - before) / (performance.now() - from)
      const figures: Figure[] = [{ figure: 'processor of the daemon that polls 1,000 tags at 100 ms', value: 100 * idle, unit: '% of a core', target: null }]
      for (const { size, machine } of sizes) {
        const latencies = await ask({ address: gateway.address, path: `/api/v1/enhanced/equipment/${machine}/signals`, tokens: gateway.tokens }, 1_000, 10)
        figures.push({ figure: `GET at 1,000/s while polling, ${size}: p99`, value: percentile(latencies, 0.99), unit: 'ms', target: { atMost: 5 } })
      }
      for (const size of sizes) figures.push(...await compare(gateway, idle, peers.directory, size))
      return figures
    } finally {
      await gateway.stop()
      await Promise.all(plcs.map((plc) => plc.kill()))
    }
  },
}
