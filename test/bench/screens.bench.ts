/** The screens: what is loaded first, when something is seen, what keeping 24 machines true costs a slow panel, and how soon a fact is a pixel. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { type Stage, openStage } from '../browser/support/stage.js'
import { until } from '../support/child.js'
import { type Bench, type Figure, median, percentile } from './bench.js'
import { cpuMs } from './support/process.js'

const MACHINES = 24
/** A panel's processor beside ours. */
const SLOWER = 4
const FIRST_LOADS = 5
const UPDATES = 15
const SETTLE_MS = 5_000
const CALLS = 40
/** A board is left open for weeks; the first events fill what is remembered on purpose, and let the browser compile what runs often. */
const EVENTS_FIRST = 100_000
const EVENTS = 100_000
const ROUNDS = 3
/** A collection may leave what the next one takes. */
const COLLECTIONS = 4
const SCREENS = 300
const CROWD_MS = 15_000
/** How often a screen asks for the figures that no event brings. */
const ASKS_MS = 5_000

/** The page's socket within reach, so that messages can be given to it. */
const KEEP_SOCKET = "const Plain = WebSocket; globalThis.WebSocket = class extends Plain { constructor(...given) { super(...given); globalThis.socket = this } }; WebSocket.OPEN = Plain.OPEN"

export const bench: Bench = {
  name: 'screens',
  peers: [],
  async run() {
    const stage = await openStage(widen)
    try {
      return [...sizes(), await firstPaint(stage), ...await updates(stage), ...await pixels(stage), await heap(stage), ...await crowd(stage)]
    } finally {
      await stage.close()
    }
  },
}

/** The line of the example with 24 machines: its palletizer's description again and again, on the same tags. */
function widen(config: string): string {
  const palletizer = config.slice(config.lastIndexOf('      - code: BP01.PACK.PAL1'))
  const more = Array.from({ length: MACHINES - 3 }, (_, i) => palletizer.replace('BP01.PACK.PAL1', `BP01.PACK.PAL${i + 2}`).replace('name: Palletizer', `name: Palletizer ${i + 2}`))
  return [config.trimEnd(), ...more.map((one) => one.trimEnd()), ''].join('\n')
}

function sizes(): Figure[] {
  const { index, board } = JSON.parse(readFileSync(new URL('../../hmi/sizes.json', import.meta.url), 'utf8')) as { index: number; board: number }
  return [
    { figure: 'first load of an equipment page, gzipped, without the font', value: index / 1_000, unit: 'kB', target: { atMost: 60 } },
    { figure: 'first load of the board, gzipped, without the font', value: board / 1_000, unit: 'kB', target: { atMost: 40 } },
  ]
}

async function slow(context: BrowserContext, path: string): Promise<{ page: Page; cdp: CDPSession }> {
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await page.goto(path)
  await page.waitForSelector('.live:not(.off) time')
  return { page, cdp }
}

async function firstPaint(stage: Stage): Promise<Figure> {
  const paints: number[] = []
  for (let load = 0; load < FIRST_LOADS; load++) {
    const context = await stage.window({ viewport: { width: 1024, height: 768 } })
    const { page } = await slow(context, '/equipment/BP01.PACK.BAG1')
    paints.push(await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    await context.close()
  }
  return { figure: `first paint of an equipment page, empty cache, processor ${SLOWER} times slower`, value: median(paints), unit: 'ms', target: { atMost: 700 } }
}

/**
 * A line on which every machine has news every second, all of it in one burst: its own messages again, with other counts, as if the socket had brought them.
 * Scripts, styles and layout of the main thread, less what the same seconds cost without it. Painting is the compositor's and not counted.
 */
async function updates(stage: Stage): Promise<Figure[]> {
  const context = await stage.window({ viewport: { width: 1024, height: 768 } })
  await context.addInitScript(KEEP_SOCKET)
  const { page, cdp } = await slow(context, '/')
  await page.locator('.tile').nth(MACHINES - 1).waitFor({ state: 'attached' })
  await page.evaluate("globalThis.last = {}; globalThis.remember = ({ data }) => { const said = JSON.parse(data); if (said.type === 'production_update') last[said.equipment_code] = said }; socket.addEventListener('message', remember)")
  // What loading left behind, such as compiling, is not an update's.
  await page.waitForTimeout(SETTLE_MS)
  await until('nearly every machine has news', async () => await page.evaluate<number>('Object.keys(last).length') >= MACHINES - 2)
  const machines = await page.evaluate<number>('Object.keys(last).length')
  await stage.pull('time/pause')
  await cdp.send('Performance.enable')
  const busy = async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    return metrics.filter(({ name }) => ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'].includes(name)).reduce((sum, { value }) => sum + value * 1_000, 0)
  }
  // What they say is written before anything is measured, so that only the reading of it is.
  await page.evaluate(`socket.removeEventListener('message', remember); globalThis.bursts = Array.from({ length: ${UPDATES} }, (_, i) => Object.values(last).map((said) => JSON.stringify({
    ...said, timestamp: new Date(Date.parse(said.timestamp) + 1000 * i).toISOString(), data: { ...said.data, good: said.data.good + i, speed: 60 + i / 10, availability: 0.9 - i / 500, performance: 0.8 + i / 400 } })))`)
  const idle = await busy()
  await page.waitForTimeout(UPDATES * 1_000)
  const before = await busy()
  await page.evaluate("new Promise((done) => { const timer = setInterval(() => { const burst = bursts.shift(); if (burst === undefined) { clearInterval(timer); done(); return } for (const data of burst) socket.dispatchEvent(new MessageEvent('message', { data })) }, 1000) })")
  const after = await busy()
  await stage.pull('time/resume')
  await context.close()
  return [
    { figure: `one update of ${machines} machines, processor ${SLOWER} times slower`, value: (after - before - (before - idle)) / UPDATES, unit: 'ms', target: { atMost: 16 } },
    { figure: 'a second on the same screen without them: clocks, and what the gateway says by itself', value: (before - idle) / UPDATES, unit: 'ms', target: null },
  ]
}

/** From the moment a call was raised, by the fact's own time, to the frame in which another screen shows it. */
async function pixels(stage: Stage): Promise<Figure[]> {
  const context = await stage.window({ viewport: { width: 1024, height: 768 } })
  const page = await context.newPage()
  await page.goto('/equipment/BP01.PACK.BAG1')
  await page.waitForSelector('.live:not(.off) time')
  await page.evaluate("globalThis.seen = []; new MutationObserver(() => { const calls = document.querySelectorAll('.call').length; if (calls > 0 && seen.last === 0) requestAnimationFrame(() => { seen.push(Date.now()) }); seen.last = calls }).observe(document.body, { childList: true, subtree: true }); seen.last = document.querySelectorAll('.call').length")
  const lags: number[] = []
  for (let call = 0; call < CALLS; call++) {
    await stage.tell('/api/v1/enhanced/equipment/BP01.PACK.BAG1/trigger-andon', { event_type: 'material' })
    await until('the call is seen', async () => await page.evaluate<number>('seen.length') === call + 1)
    const { andons } = await stage.ask('/api/v1/enhanced/andons?open=true&equipment_code=BP01.PACK.BAG1') as { andons: readonly { andon_id: string; raised_at: string }[] }
    const [open] = andons
    if (open === undefined) throw new Error('the call is open')
    lags.push(await page.evaluate<number>('seen[seen.length - 1]') - Date.parse(open.raised_at))
    await stage.tell(`/api/v1/enhanced/andons/${open.andon_id}/resolve`)
    await until('the call is gone', async () => await page.evaluate<number>('seen.last') === 0)
  }
  await context.close()
  return [
    { figure: 'from a fact to its pixel, median', value: median(lags.slice(1)), unit: 'ms', target: null },
    { figure: 'from a fact to its pixel, p95', value: percentile(lags, 0.95), unit: 'ms', target: { atMost: 150 } },
  ]
}

/** What is held more and more with every event, once the garbage is gone. */
async function heap(stage: Stage): Promise<Figure> {
  const context = await stage.window({ viewport: { width: 1920, height: 1080 } })
  await context.addInitScript(KEEP_SOCKET)
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await page.goto('/andon')
  await page.waitForSelector('.station')
  const tell = (count: number) => page.evaluate(`new Promise((done) => {
    let left = ${count}
    const some = () => {
      for (let i = 0; i < 500 && left > 0; i++, left--) socket.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ type: 'production_update', timestamp: new Date().toISOString(), line_id: '12345678-1234-5678-9abc-123456789012',
        equipment_code: 'BP01.PACK.BAG1', data: { state: 'running', since: '2026-01-01T00:00:00.000Z', good: left, reject: 0, total: left, speed: 60, job_id: null, oee: 0.5, availability: 0.5, performance: 1, quality: 1 } }) }))
      if (left > 0) requestAnimationFrame(some)
      else done()
    }
    some()
  })`)
  const held = async (): Promise<number> => {
    const sizes: number[] = []
    for (let i = 0; i < COLLECTIONS; i++) {
      await cdp.send('HeapProfiler.collectGarbage')
      sizes.push((await cdp.send('Runtime.getHeapUsage')).usedSize)
    }
    return Math.min(...sizes)
  }
  await cdp.send('HeapProfiler.enable')
  await tell(EVENTS_FIRST)
  const sizes = [await held()]
  for (let round = 0; round < ROUNDS; round++) {
    await tell(EVENTS)
    sizes.push(await held())
  }
  await context.close()
  return { figure: `how the heap of a board grows over ${EVENTS} events, fitted to ${ROUNDS} times as many`, value: slopeOf(sizes) / 1_000, unit: 'kB', target: { atMost: 50 } }
}

/** Least squares over steps of one. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const [above, below] = values.reduce(([sum, squares], value, i) => [sum + (i - middle) * (value - mean), squares + (i - middle) ** 2], [0, 0])
  return above / below
}

/** What three hundred screens cost the gateway beyond what it does anyway: each hears a line of 24 machines, and asks for the rest every five seconds. */
async function crowd(stage: Stage): Promise<Figure[]> {
  const cpu = async (): Promise<number> => {
    const before = cpuMs([stage.pid()])
    await new Promise((resolve) => { setTimeout(resolve, CROWD_MS) })
    return (cpuMs([stage.pid()]) - before) / CROWD_MS
  }
  const alone = await cpu()
  let heard = 0
  const screens = await Promise.all(Array.from({ length: SCREENS }, async () => {
    const ws = new WebSocket(`${stage.url.replace('http', 'ws')}/api/v1/ws/production`, ['lineside.v1'], { headers: { authorization: `Bearer ${stage.token}` } })
    ws.on('message', () => { heard++ })
    await once(ws, 'open')
    ws.send(JSON.stringify({ type: 'subscribe', event_types: ['state_changed', 'downtime_event', 'downtime_resolved', 'andon_event', 'andon_resolved', 'production_update'] }))
    return { ws, timer: setInterval(() => { ws.send('{"type":"get_status"}') }, ASKS_MS) }
  }))
  heard = 0
  const together = await cpu()
  const perSecond = heard / SCREENS / (CROWD_MS / 1_000)
  for (const { ws, timer } of screens) { clearInterval(timer); ws.terminate() }
  return [
    { figure: `share of a core that ${SCREENS} screens of a line of ${MACHINES} machines cost`, value: (together - alone) * 100, unit: '%', target: { atMost: 25 } },
    { figure: 'messages that each of them hears', value: perSecond, unit: '1/s', target: null },
  ]
}
