import t from 'tap'
import type { Page } from 'playwright-core'
import type { DataOf } from '../../src/contract/endpoints/table.js'
import { until } from '../support/child.js'
import { LIVE, open, violations } from './support/page.js'
import { type Stage, openStage, pictures } from './support/stage.js'

const API = '/api/v1/enhanced'
const BAGGER = 'BP01.PACK.BAG1'

let stage: Stage
t.before(async () => {
  stage = await openStage(t.testdir())
  await stage.person('Ana', 'operator', '4711')
  await stage.person('Ben', 'maintenance', '0815')
})
t.teardown(async () => { await stage.close() })

const panel = { viewport: { width: 1024, height: 768 } } as const

async function signOn(page: Page, name: string, pin: string): Promise<void> {
  await page.click('.who')
  await page.click(`.pad-names .button:has-text("${name}")`)
  for (const digit of pin) await page.click(`.pad-keys .button:text-is("${digit}")`)
  await page.click('.pad-keys .primary')
}

const calls = async (): Promise<DataOf<'journal'>['events']> => (await stage.ask(`${API}/journal?types=andon_event,andon_acknowledged&limit=1000`) as DataOf<'journal'>).events

t.test('at a shared station people act under their own name, and leave no entry behind', async (t) => {
  const { token } = await stage.makeToken('viewer')
  const context = await stage.window({ ...panel, token })
  const page = await open(context, `/equipment/${BAGGER}`)
  await page.waitForSelector('.work .button:has-text("Sign on")')
  t.equal(await page.locator('.calls-free').count(), 0, 'the station itself may only look')

  await page.click('.who')
  await page.waitForSelector('.pad-names')
  t.strictSame(await violations(page), [])
  await page.click('.pad-names .button:has-text("Ana")')
  await page.keyboard.type('9999')
  await page.screenshot({ path: `${pictures}/panel-pin.png` })
  await page.click('.pad-keys .primary')
  await page.waitForSelector('.pad .problem:has-text("not the PIN")')
  t.strictSame(await violations(page), [])
  for (const digit of '4711') await page.click(`.pad-keys .button:text-is("${digit}")`)
  await page.click('.pad-keys .primary')
  await page.waitForSelector('.who:has-text("Ana")')
  await page.click('.calls-free .button:has-text("Maintenance")')
  await page.waitForSelector('.call:has-text("called by Ana")')
  t.match((await calls()).at(-1), { type: 'andon_event', data: { by: 'Ana' } }, 'the fact carries the person')

  // Half an entry is typed, then Ana is called away, and the station forgets her.
  await page.click('text=Enter scrap')
  await page.fill('.scrap input[type=number]', '7')
  await page.fill('.scrap input[type=text]', 'torn bags')
  await page.click('.who:has-text("Ana")')
  await page.waitForSelector('.who:has-text("Sign on")')
  t.equal(await page.locator('.scrap .button:has-text("Book as scrap")').count(), 0)
  await page.reload()
  await page.waitForSelector(LIVE)
  t.equal(await page.inputValue('.scrap input[type=number]'), '7')
  t.equal(await page.inputValue('.scrap input[type=text]'), 'torn bags')

  await signOn(page, 'Ben', '0815')
  await page.waitForSelector('.who:has-text("Ben")')
  await page.click('.call .button:has-text("I take it")')
  await page.waitForSelector('.call:has-text("seen by Ben")')
  await context.close()
})

t.test('what somebody entered over a broken link is sent in their name, or not at all', async (t) => {
  const { token } = await stage.makeToken('viewer')
  const context = await stage.window({ ...panel, token })
  const page = await open(context, '/equipment/BP01.PACK.PAL1')
  await signOn(page, 'Ana', '4711')
  await page.waitForSelector('.who:has-text("Ana")')
  stage.proxy.cut()
  await page.waitForSelector('.frozen-banner')
  await page.click('.calls-free .button:has-text("Quality")')
  await page.waitForSelector('.waiting')
  await page.click('.who:has-text("Ana")')
  await page.waitForSelector('.who:has-text("Sign on")')
  await page.waitForSelector('.banner:has-text("waits until Ana signs on again")')
  await page.screenshot({ path: `${pictures}/panel-absent.png` })
  t.strictSame(await violations(page), [])
  stage.proxy.mend()
  await page.waitForSelector(LIVE)
  await signOn(page, 'Ben', '0815')
  await page.waitForSelector('.who:has-text("Ben")')
  await page.click('.calls-free .button:has-text("Material")')
  await page.waitForSelector('.call:has-text("Material")')
  const ofPalletizer = async () => (await calls()).filter(({ equipment_code }) => equipment_code === 'BP01.PACK.PAL1').map(({ data }) => [data['andon_type'], data['by']])
  t.strictSame(await ofPalletizer(), [['material', 'Ben']], 'not in the name of another')
  await page.click('.who:has-text("Ben")')
  await signOn(page, 'Ana', '4711')
  await until('the call is raised in the name of who raised it', async () => (await ofPalletizer()).length === 2)
  t.strictSame((await ofPalletizer())[1], ['quality', 'Ana'])
  await context.close()
})

t.test('a PIN opens nothing without a station, and nothing that is not for the shop floor', async (t) => {
  const answer = await fetch(`${stage.url}/api/v1/session/person`, { method: 'POST', body: JSON.stringify({ name: 'Ana', pin: '4711' }) })
  t.equal(answer.status, 401)
  const bearer = await fetch(`${stage.url}/api/v1/session/person`, { method: 'POST', body: JSON.stringify({ name: 'Ana', pin: '4711' }), headers: { authorization: `Bearer ${stage.token}` } })
  t.equal(bearer.status, 401, 'a token is no station; only a session is')
})
