import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import t from 'tap'

/** `DAYS=200` takes minutes; the suite takes a share of them. */
const DAYS = Number(process.env['DAYS'] ?? 40)
t.setTimeout(1_200_000)

t.test('seeded days of the plant, and not one part, state or figure beyond what the polls allow', async (t) => {
  const seeds = Array.from({ length: DAYS }, (_, index) => 1_000 + index)
  const threads = Math.min(4, availableParallelism())
  const wrongs: string[] = []
  let judged = 0
  await Promise.all(Array.from({ length: threads }, (_, mine) => new Promise<void>((done, failed) => {
    const worker = new Worker(new URL('support/day-worker.js', import.meta.url), {
      workerData: seeds.filter((_seed, index) => index % threads === mine),
      // A day leaves nothing behind: what is young has room enough not to be looked at twice.
      resourceLimits: { maxYoungGenerationSizeMb: 64 },
    })
    worker.on('message', (wrong: string[]) => { judged++; wrongs.push(...wrong) })
    worker.once('error', failed)
    worker.once('exit', () => { done() })
  })))
  t.equal(judged, DAYS)
  t.strictSame(wrongs, [])
})
