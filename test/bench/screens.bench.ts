/** The screens: what is loaded first, when something is seen, what keeping 24 machines true costs a slow panel, and how soon a fact is a pixel. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CDPSession, Page } from 'playwright-core'
import { type Stage, openStage } from '../browser/support/stage.js'
import { until } from '../support/child.js'
import { type Bench, type Figure, median, percentile } from './bench.js'

const MACHINES = 24
/** A panel's processor beside ours. */
const SLOWER = 4
const FIRST_LOADS = 5
const UPDATES_MS = 10_000
const SETTLE_MS = 5_000
const CALLS = 40
/** Messages of one turn arrive together; a longer pause is between two updates. */
const PAUSE_MS = 50

export const bench: Bench = {
  name: 'screens',
  peers: [],
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-screens-'))
    const stage = await openStage(directory, widen)
    try {
      return [...sizes(), await firstPaint(stage), ...await updates(stage), ...await pixels(stage)]
    } finally {
      await stage.close()
      rmSync(directory, { recursive: true, force: true })
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

async function slowPage(stage: Stage, path: string): Promise<{ page: Page; cdp: CDPSession; close: () => Promise<void> }> {
  const context = await stage.window({ viewport: { width: 1024, height: 768 } })
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
  await page.goto(path)
  await page.waitForSelector('.live:not(.off) time')
  return { page, cdp, close: () => context.close() }
}

async function firstPaint(stage: Stage): Promise<Figure> {
  const paints: number[] = []
  for (let load = 0; load < FIRST_LOADS; load++) {
    const { page, close } = await slowPage(stage, '/equipment/BP01.PACK.BAG1')
    paints.push(await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    await close()
  }
  return { figure: `first paint of an equipment page, empty cache, processor ${SLOWER} times slower`, value: median(paints), unit: 'ms', target: { atMost: 700 } }
}

/** Scripts, styles and layout of the main thread, for each burst of messages. Painting is the compositor's and not counted. */
async function updates(stage: Stage): Promise<Figure[]> {
  const { page, cdp, close } = await slowPage(stage, '/')
  await page.waitForFunction(`document.querySelectorAll('.tile').length === ${MACHINES}`)
  // What loading left behind, such as compiling, is not an update's.
  await page.waitForTimeout(SETTLE_MS)
  const frames: number[] = []
  await cdp.send('Network.enable')
  cdp.on('Network.webSocketFrameReceived', () => { frames.push(performance.now()) })
  await cdp.send('Performance.enable')
  const busy = async (): Promise<number> => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    return metrics.filter(({ name }) => ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'].includes(name)).reduce((sum, { value }) => sum + value * 1_000, 0)
  }
  const before = await busy()
  await page.waitForTimeout(UPDATES_MS)
  const used = await busy() - before
  const bursts = frames.filter((at, i) => i === 0 || at - frames[i - 1]! > PAUSE_MS).length
  await close()
  return [
    { figure: `one update of ${MACHINES} machines, processor ${SLOWER} times slower`, value: used / Math.max(1, bursts), unit: 'ms', target: { atMost: 16 } },
    { figure: 'messages in an update', value: frames.length / Math.max(1, bursts), unit: '', target: null },
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
