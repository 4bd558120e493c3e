/** What a screen must not dress up: a copy, a line that nobody ever saw, a PLC that went silent; and a plant larger than anybody drew it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Page } from 'playwright-core'
import { type TestBox, type TestPair, type Written, pairOf } from '../../support/pair.js'
import { until } from '../../support/child.js'
import { freePort } from '../../support/ports.js'
import { LIVE, inPage, open, settled, show, violations } from '../support/page.js'
import { openProxy } from '../support/proxy.js'
import { pictures, stage } from '../support/shared.js'

const panel = { width: 1024, height: 768 } as const
const NAME = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft 0815 (left of the old boiler house)'
const MACHINES = 24

const sidewaysFree = (page: Page): Promise<boolean> => inPage<boolean>(page, 'document.documentElement.scrollWidth <= innerWidth')
const at = (box: TestBox) => ({ baseURL: box.url, token: box.token })

t.test('what is a copy, was never seen, or went silent never looks live; 24 machines with names as long as a sentence stay whole', async (t) => {
  const cable = await openProxy(stage.s7Port)
  const nobody = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'lineside-states-'))
  const pair = await pairOf(directory, {}, (config) => { crowded(config, cable.port, nobody) })
  t.teardown(async () => {
    await pair.stop()
    await cable.close()
    rmSync(directory, { recursive: true, force: true, maxRetries: 20 })
  })
  await Promise.all([pair.a.start(), pair.b.start()])
  await until('the second box has a whole copy', async () => (await pair.b.state()).whole === true)

  await t.test('a line that nobody ever saw', (t) => unseen(t, pair))
  await t.test('twenty-four machines', (t) => crowd(t, pair))
  await t.test('a PLC that went silent', async (t) => { cable.hush(); await silent(t, pair) })
  await t.test('a standby, and one that follows nobody any more', (t) => copy(t, pair))
})

async function unseen(t: Test, { a }: TestPair): Promise<void> {
  const context = await stage.window({ ...at(a), viewport: panel })
  const page = await open(context, '/line/GHOST')
  await page.waitForSelector('.banner.hatched:has-text("No link to PLC ghost")')
  await page.waitForSelector('.tile.tone-blind:has-text("No data")')
  await settled(page)
  t.match(await page.textContent('.oee .figure b'), '–', 'undefined is a dash, never a zero')
  await look(t, page, 'unseen-line')
  for (const [name, path] of [['equipment', '/equipment/GHOST.ONE'], ['shift', '/shift/GHOST'], ['explain', '/explain/lines/GHOST'], ['maintenance', '/maintenance/GHOST']] as const) {
    await show(page, path)
    await picture(t, page, `unseen-${name}`)
  }
  await page.goto('/andon?line=GHOST')
  await page.waitForSelector('.station.is-unknown')
  await look(t, page, 'unseen-board')
  await context.close()
}

async function crowd(t: Test, { a }: TestPair): Promise<void> {
  const context = await stage.window({ ...at(a), viewport: panel })
  const page = await open(context, '/')
  await page.waitForSelector('.line-row')
  await settled(page)
  await picture(t, page, 'crowd-lines')
  await show(page, '/line/BP01')
  await page.locator('.tile').nth(MACHINES - 1).waitFor({ state: 'attached' })
  await look(t, page, 'crowd-line')
  for (const [name, path] of [['equipment', '/equipment/BP01.M1'], ['shift', '/shift/BP01'], ['report', '/shift/BP01?show=report'], ['explain', '/explain/lines/BP01'], ['jobs', '/jobs/BP01']] as const) {
    await show(page, path)
    await picture(t, page, `crowd-${name}`)
  }
  await page.setViewportSize({ width: 390, height: 844 })
  await show(page, '/line/BP01')
  await picture(t, page, 'crowd-phone')
  await page.setViewportSize({ width: 1920, height: 1080 })
  await page.goto('/andon?line=BP01')
  await page.waitForSelector('.station')
  await picture(t, page, 'crowd-board')
  t.ok(await inPage<boolean>(page, 'document.documentElement.scrollHeight <= innerHeight'), 'a board never scrolls')
  await context.close()
}

async function copy(t: Test, { a, b }: TestPair): Promise<void> {
  const context = await stage.window({ ...at(b), viewport: panel })
  const page = await open(context, '/line/BP01', '.standby-banner')
  await page.waitForSelector('.standby-banner:has-text("copy of the box that works")')
  t.equal(await page.locator(LIVE).count(), 0, 'nothing says that it is live')
  t.match(await page.textContent('.live'), 'Copy, not live')
  t.match(await page.getAttribute('.standby-banner a', 'href'), 'http://', 'and the way to the box that works')
  await look(t, page, 'standby-line')
  await inPage(page, "history.pushState(null, '', '/equipment/BP01.M1'); dispatchEvent(new PopStateEvent('popstate'))")
  await page.waitForSelector('main:not([aria-busy=true]) .now h1')
  t.equal(await page.locator('.calls-free, .ask .primary').count(), 0, 'no button that would be refused')
  await picture(t, page, 'standby-equipment')
  const board = await open(context, '/andon?line=BP01', '.frozen-board .board-frozen:has-text("COPY")')
  await look(t, board, 'standby-board')

  // The box that works dies: what is shown grows old, and its clock stands.
  await a.end('SIGKILL')
  const age = async () => Number(/(\d+) s old/.exec(await page.textContent('.standby-banner') ?? '')?.[1])
  await page.waitForSelector('.standby-banner:has-text("It does not follow")')
  const [stood, before] = [await page.textContent('.live time'), await age()]
  await until('the copy is older', async () => await age() > before + 1)
  t.equal(await page.textContent('.live time'), stood, 'the clock stands at what is shown')
  await picture(t, page, 'standby-alone')

  // A person has seen that the other box is off: what the screen shows is nobody's copy any more, and it says so once its box does.
  t.equal((await b.ask('PUT', '/api/v1/standby/takeover?force=true')).status, 200)
  await page.waitForSelector(LIVE)
  t.equal((await b.state()).role, 'active', 'not before the box behind it works')
  await until('nothing says copy', async () => await page.locator('.standby-banner').count() === 0)
  const shown = await page.textContent('.live time')
  await until('its clock goes on', async () => await page.textContent('.live time') !== shown)
  await board.waitForSelector('.board:not(.frozen-board)')
  await context.close()
}

async function silent(t: Test, { a }: TestPair): Promise<void> {
  const context = await stage.window({ ...at(a), viewport: panel })
  const page = await open(context, '/line/BP01')
  await page.waitForSelector('.banner.hatched:has-text("No link to PLC packer")')
  await until('no tile shows a state', async () => await page.locator('.tile:not(.tone-blind)').count() === 0)
  await look(t, page, 'silent-line')
  await show(page, '/equipment/BP01.M1')
  await page.waitForSelector('.now.tone-blind')
  await page.click('summary:has-text("Signals")')
  await page.waitForSelector('tr.hatched')
  t.equal(await page.locator('details tbody tr:not(.hatched)').count(), 0, 'every value is marked as old')
  await picture(t, page, 'silent-equipment')
  await context.close()
}

async function picture(t: Test, page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${pictures}/state-${name}.png` })
  t.ok(await sidewaysFree(page), `${name} does not scroll sideways`)
}

async function look(t: Test, page: Page, name: string): Promise<void> {
  await picture(t, page, name)
  t.strictSame(await violations(page), [], name)
}

/** A line of 24 machines with the longest names there are, all fed by the packer, and a second line whose PLC nobody has ever reached. */
function crowded(config: Written, port: number, nobody: number): void {
  config.server = {}
  config.plcs = config.plcs.filter(({ id }) => id === 'packer')
  const [packer] = config.plcs
  Object.assign(packer!, { port })
  config.plcs.push({ id: 'ghost', driver: 's7', host: '127.0.0.1', port: nobody, cycle: '1s', tags: { running: 'DB1,X0.0', good: 'DB1,UDINT4' } })
  const [line] = config.lines
  const palletizer = line!.equipment.find(({ code }) => code === 'BP01.PACK.PAL1')!
  delete palletizer.upstream
  // Nothing may name the equipment that goes.
  delete palletizer.counters?.['reject_count']?.late
  delete line!.constraints
  delete config.andon?.fixed_position
  line!.name = `Line of the ${NAME}`
  line!.equipment = Array.from({ length: MACHINES }, (_, i) => ({ ...palletizer, code: `BP01.M${i + 1}`, name: `${i + 1} ${NAME}`, constraint: i === 0 }))
  for (const product of config.products ?? []) delete product.ideal_cycle
  config.lines.push({ id: '12345678-1234-5678-9abc-123456789013', code: 'GHOST', method: 'line_exit', name: 'Line that nobody ever saw', calendar: 'three_shifts', equipment: [
    { code: 'GHOST.ONE', name: 'One', ideal_cycle: '1s', signals: { running: 'ghost/running', good_count: 'ghost/good' } },
    { code: 'GHOST.TWO', name: 'Two', ideal_cycle: '2s', signals: { running: 'ghost/running', good_count: 'ghost/good' } },
  ] })
}
