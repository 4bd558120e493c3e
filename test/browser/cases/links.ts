/** What a broken link does to screens and to what people enter over it. */

import t from 'tap'
import type { Page } from 'playwright-core'
import { limits } from '../../../src/base/limits.js'
import type { DataOf } from '../../../src/contract/endpoints/table.js'
import { SILENT_MS } from '../../../src/faces/hmi/data/clock.js'
import { until } from '../../support/child.js'
import { LIVE, inPage, open, violations } from '../support/page.js'
import { openProxy } from '../support/proxy.js'
import { pictures, stage } from '../support/shared.js'

const API = '/api/v1/enhanced'

const factsOf = async (types: string, after = 0): Promise<DataOf<'journal'>['events']> =>
  (await stage.ask(`${API}/journal?types=${types}&limit=1000&after=${after}`) as DataOf<'journal'>).events
const seconds = (text: string | null): number => (text ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
const head = async (): Promise<number> => (await stage.ask(`${API}/journal?limit=1&after=0`) as DataOf<'journal'>).head

t.test('a screen without news from the gateway says so within two heartbeats, and its clock stands', async (t) => {
  const context = await stage.window({ viewport: { width: 1024, height: 768 } })
  const page = await open(context, '/')
  stage.proxy.hush()
  await page.waitForSelector('.frozen-banner')
  // How long a busy machine takes to show it is not the screen's doing: it is what it waits for.
  t.ok(SILENT_MS < 2 * limits.heartbeatMs, 'two heartbeats are longer than what it waits for')
  const stood = await page.textContent('.live time')
  await page.screenshot({ path: `${pictures}/panel-frozen.png` })
  t.strictSame(await violations(page), [])
  // While the clock of the gateway goes on by seconds, the screen's does not.
  const since = await stage.now()
  await until('time has passed elsewhere', async () => await stage.now() - since > 2_000)
  t.equal(await page.textContent('.live time'), stood, 'the clock stands')
  stage.proxy.mend()
  await page.waitForSelector(LIVE)
  await until('the clock goes on', async () => await page.textContent('.live time') !== stood)
  t.ok(seconds(await page.textContent('.live time')) !== seconds(stood))
  await context.close()
})

t.test('a press counts for the button on which it began, whatever moves under the finger', async (t) => {
  const context = await stage.window({ viewport: { width: 1024, height: 768 }, hasTouch: true })
  const page = await open(context, '/equipment/BP01.PACK.PAL1')
  const finger = await context.newCDPSession(page)
  const mouse = (type: 'mousePressed' | 'mouseReleased', x: number, y: number) => finger.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 })
  const presses = {
    touch: [(x: number, y: number) => finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] }), () => finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })],
    mouse: [(x: number, y: number) => mouse('mousePressed', x, y), (x: number, y: number) => mouse('mouseReleased', x, y)],
  } as const
  for (const [kind, [down, up]] of Object.entries(presses)) {
    const wanted = page.locator('.calls-free .button:has-text("Quality")')
    const other = (await page.locator('.calls-free .button:has-text("Maintenance")').boundingBox())!
    const { x, y, width, height } = (await wanted.boundingBox())!
    const at = [x + width / 2, y + height / 2] as const
    await down(...at)
    // The row above comes to lie where the finger is.
    await inPage(page, `document.querySelector('main').style.transform = 'translate(${x - other.x}px, ${y - other.y}px)'`)
    t.match(await inPage(page, `document.elementFromPoint(${at.join()}).closest('button').textContent`), 'Maintenance', kind)
    await up(...at)
    await page.locator('.call:has-text("Quality")').waitFor()
    t.equal(await page.locator('.call:has-text("Maintenance")').count(), 0, kind)
    await inPage(page, "document.querySelector('main').style.transform = ''")
    await page.locator('.call:has-text("Quality") .button:has-text("Ended")').click()
    await page.locator('.call:has-text("Quality")').waitFor({ state: 'detached' })
  }
  await context.close()
})

/** Five people tap on as many links, each of which breaks in the middle of each of their taps. */
const LANES = [['BP01.PACK.PAL1', 'Material'], ['BP01.PACK.PAL1', 'Changeover'], ['BP01.PACK.BAG1.BL', 'Material'], ['BP01.PACK.BAG1.BL', 'Maintenance'], ['BP01.PACK.BAG1.BL', 'Changeover']] as const

t.test('taps over links that break a hundred times take effect once each, in order', async (t) => {
  for (const { andon_id: id } of (await stage.ask(`${API}/andons?open=true`) as DataOf<'andons'>).andons) await stage.tell(`${API}/andons/${id}/resolve`)
  const rounds = Math.ceil(Number(process.env['CUTS'] ?? 100) / LANES.length)
  const after = await head()
  const refused = await Promise.all(LANES.map(async ([code, call], lane) => {
    const proxy = await openProxy(stage.port)
    t.teardown(() => proxy.close())
    const context = await stage.window({ viewport: { width: 1024, height: 768 }, baseURL: `http://127.0.0.1:${proxy.port}` })
    const page = await open(context, `/equipment/${code}`)
    for (let round = 0; round < rounds; round++) {
      await tapAndCut(page, proxy, call, (round + lane) % 5 * 4)
    }
    const count = await page.locator('.refusal').count()
    await context.close()
    return count
  }))
  t.strictSame(refused, LANES.map(() => 0), 'nothing was refused')
  const told = await factsOf('andon_event,andon_resolved', after)
  const ids = new Map(told.flatMap(({ type, data }) => type === 'andon_event' ? [[data['andon_id'], data['andon_type']] as const] : []))
  for (const [code, call] of LANES) {
    const own = told.filter(({ equipment_code, data }) => equipment_code === code && ids.get(data['andon_id']) === call.toLowerCase()).map(({ type }) => type)
    t.strictSame(own, Array.from({ length: rounds }, () => ['andon_event', 'andon_resolved']).flat(), `${code} ${call}`)
  }
})

/** Sometimes the link breaks before the request has left, sometimes on its way, sometimes with its answer. */
async function tapAndCut(page: Page, proxy: { cut(): void; mend(): void }, call: string, afterMs: number): Promise<void> {
  const raised = page.locator(`.call:has-text("${call}")`)
  await page.locator(`.calls-free .button:has-text("${call}"):not(:disabled)`).click()
  await page.waitForTimeout(afterMs)
  proxy.cut()
  proxy.mend()
  await raised.locator('.button:has-text("Ended")').click()
  proxy.cut()
  proxy.mend()
  await raised.waitFor({ state: 'detached' })
}

t.test('an entry over a broken link is kept through a reload, a killed gateway and an ended session', async (t) => {
  const operator = await stage.makeToken('operator')
  const context = await stage.window({ token: operator.token, viewport: { width: 1024, height: 768 } })
  const page = await open(context, '/equipment/BP01.PACK.PAL1')
  const after = await head()
  stage.proxy.cut()
  await page.waitForSelector('.frozen-banner')
  await page.click('.calls-free .button:has-text("Quality")')
  await page.waitForSelector('.waiting:has-text("1 entry waits")')
  await stage.revoke(operator.id)
  await stage.restart()
  stage.proxy.mend()
  await page.waitForSelector('#token')
  await page.waitForSelector('.note:has-text("is kept")')
  await page.fill('#token', stage.token)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.call:has-text("Quality")')
  t.equal((await factsOf('andon_event', after)).filter(({ equipment_code, data }) => equipment_code === 'BP01.PACK.PAL1' && data['andon_type'] === 'quality').length, 1)
  await context.close()
})
