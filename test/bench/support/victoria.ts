/** VictoriaMetrics on the same samples: told over HTTP as its own agents do, and weighed when it has merged all it was told. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../support/ports.js'
import { START, atOf, type Noise, plantMix } from './plant-mix.js'

/** As Debian names the package; run.ts unpacks it. */
export const VICTORIA = 'victoria-metrics'
/** Seconds of all tags in one request. */
const BATCH = 60

/** How many of the first seconds are asked for again. */
const LOOKED_AT = 600

/** Bytes on the disk of its data; and how many of its samples are what they were, of all it gives back. */
export interface Weighed { readonly bytes: number; readonly sameShare: number }

/** For so many tags and seconds. */
export async function weighVictoria(peers: string, directory: string, tagsCount: number, seconds: number, noise: Noise): Promise<Weighed> {
  const port = await freePort()
  const child = spawn(join(peers, 'debian', VICTORIA, 'usr/bin/victoria-metrics'), [`-storageDataPath=${directory}`, `-httpListenAddr=127.0.0.1:${port}`, '-retentionPeriod=100y', '-loggerLevel=ERROR'], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  const ask = async (path: string, body?: string): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, body === undefined ? {} : { method: 'POST', body })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.text()
  }
  try {
    while (!await ask('/health').then(() => true, () => false)) await sleep(50)
    const next = plantMix(tagsCount, noise)
    for (let from = 0; from < seconds; from += BATCH) {
      const rows = Array.from({ length: Math.min(BATCH, seconds - from) }, (_, i) => ({ at: atOf(from + i), values: next() }))
      const timestamps = rows.map(({ at }) => at)
      await ask('/api/v1/import', Array.from({ length: tagsCount }, (_, slot) => JSON.stringify({ metric: { __name__: 'sample', tag: `tag${slot}` }, values: rows.map(({ values }) => values[slot]), timestamps })).join('\n'))
    }
    await ask('/internal/force_flush')
    const counted = JSON.parse(await ask(`/api/v1/query?query=sum(count_over_time(sample[${seconds + 1}s]))&time=${atOf(seconds) / 1_000}`)) as { data: { result: { value: [number, string] }[] } }
    const heldCount = Number(counted.data.result[0]?.value[1])
    if (heldCount !== tagsCount * seconds) throw new Error(`VictoriaMetrics holds ${heldCount} of ${tagsCount * seconds} samples`)
    await ask('/internal/force_merge')
    return { bytes: await settled(directory), sameShare: sameShare(await ask(`/api/v1/export?match[]=sample&start=${START / 1_000}&end=${atOf(LOOKED_AT) / 1_000}`), plantMix(tagsCount, noise)) }
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}

/** Its answer is a line of JSON for each tag. */
function sameShare(exported: string, next: () => Float64Array): number {
  const seconds = Array.from({ length: LOOKED_AT + 1 }, next)
  let [same, all] = [0, 0]
  for (const line of exported.trimEnd().split('\n')) {
    const { metric, values } = JSON.parse(line) as { metric: { tag: string }; values: number[] }
    const slot = Number(metric.tag.slice('tag'.length))
    for (const [second, value] of values.entries()) if (value === seconds[second]![slot]) same++
    all += values.length
  }
  return same / all
}

/** It merges behind our back: weighed when it has not changed for a while. */
async function settled(directory: string): Promise<number> {
  let bytes = bytesIn(join(directory, 'data'))
  for (let calm = 0; calm < 6; calm++) {
    await sleep(500)
    const now = bytesIn(join(directory, 'data'))
    if (now !== bytes) calm = 0
    bytes = now
  }
  return bytes
}

function bytesIn(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => {
    const found = statSync(join(directory, name), { throwIfNoEntry: false })
    return sum + (found?.isFile() === true ? found.size : 0)
  }, 0)
}
