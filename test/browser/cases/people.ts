/** People who share a station. */

import t from 'tap'
import type { Page } from 'playwright-core'
import type { DataOf } from '../../../src/contract/endpoints/table.js'
import { until } from '../../support/child.js'
import { LIVE, open, violations } from '../support/page.js'
import { pictures, stage } from '../support/shared.js'

const API = '/api/v1/enhanced'
const BAGGER = 'BP01.PACK.BAG1'

const panel = { viewport: { width: 1024, height: 768 } } as const

async function signOn(page: Page, name: string, pin: string): Promise<void> {
  await page.click('.who')
  await page.click(`.pad-names .button:has-text("${name}")`)
  for (const digit of pin) await page.click(`.pad-keys .button:text-is("${digit}")`)
  await page.click('.pad-keys .primary')
}

const calls = async (): Promise<DataOf<'journal'>['events']> => (await stage.ask(`${API}/journal?types=andon_event,andon_acknowledged&limit=1000`) as DataOf<'journal'>).events

t.test('at a shared station people act under their own name, and leave no entry behind', async (t) => {
  await stage.person('Ana', 'operator', '4711')
  await stage.person('Ben', 'maintenance', '0815')
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

t.test('a person gives themselves another PIN, whoever leads the shift gives one to who forgot theirs, and the audit knows both', async (t) => {
  await stage.person('Cem', 'operator', '1234')
  await stage.person('Eve', 'supervisor', '2222')
  const { token } = await stage.makeToken('viewer')
  const context = await stage.window({ ...panel, token })
  const page = await open(context, '/')
  const type = async (pin: string) => { for (const digit of pin) await page.click(`.pad-keys .button:text-is("${digit}")`); await page.click('.pad-keys .primary') }
  const asks = (text: string) => page.waitForSelector(`.pad-asks:has-text("${text}")`)
  await signOn(page, 'Cem', '1234')
  await page.waitForSelector('.who:has-text("Cem")')
  await page.click('.menu > .tab')
  await page.click('.menu-card .button:has-text("Change my PIN")')
  await asks('as it is now')
  t.strictSame(await violations(page), [])
  await type('9999')
  await asks('four to twelve digits')
  await type('5555')
  await asks('once more')
  await type('5554')
  await page.waitForSelector('.pad .problem:has-text("not the same")')
  await type('5555')
  await asks('once more')
  await type('5555')
  await page.waitForSelector('.pad .problem:has-text("not the PIN")')
  await asks('as it is now')
  await page.screenshot({ path: `${pictures}/panel-new-pin.png` })
  for (const pin of ['1234', '5555', '5555']) await type(pin)
  await asks('holds from now on')
  await page.click('.pad .primary')
  t.match(await page.textContent('.who'), 'Cem', 'who changed it stays signed on')

  await page.click('.who:has-text("Cem")')
  await page.waitForSelector('.who:has-text("Sign on")')
  await signOn(page, 'Eve', '2222')
  await page.waitForSelector('.who:has-text("Eve")')
  await page.click('nav .tab:has-text("Maintenance")')
  await page.click('.choices-row .button:has-text("People")')
  await page.waitForSelector('tr:has-text("Cem")')
  t.equal(await page.locator('tr:has-text("Eve") .button').count(), 0, 'nobody sets the PIN of an equal')
  t.strictSame(await violations(page), [])
  await page.screenshot({ path: `${pictures}/panel-people.png` })
  await page.click('tr:has-text("Cem") .button:has-text("New PIN")')
  for (const pin of ['777777', '777777']) await type(pin)
  await asks('holds from now on')
  await page.click('.pad .primary')
  await page.click('.who:has-text("Eve")')
  await page.waitForSelector('.who:has-text("Sign on")')

  await signOn(page, 'Cem', '777777')
  await page.waitForSelector('.who:has-text("Cem")')
  await page.click('.who:has-text("Cem")')
  await page.waitForSelector('.who:has-text("Sign on")')
  await page.click('.who')
  await page.click('.pad-names .button:has-text("Cem")')
  await type('5555')
  await page.waitForSelector('.pad .problem:has-text("not the PIN")')
  await type('5555')
  await page.waitForSelector('.pad .problem:has-text("Too many tries. Wait")')
  const audit = await stage.ask(`${API}/audit`) as DataOf<'audit'>
  t.match(audit.commands.filter(({ command, body }) => command === 'access_changed' && (body as { what: string }).what === 'pin').map(({ by_name, body }) => [by_name, (body as { of: string }).of]), [['Cem', 'Cem'], ['Eve', 'Cem']])
  await context.close()
})

t.test('a PIN opens nothing without a station, and nothing that is not for the shop floor', async (t) => {
  const answer = await fetch(`${stage.url}/api/v1/session/person`, { method: 'POST', body: JSON.stringify({ name: 'Ana', pin: '4711' }) })
  t.equal(answer.status, 401)
  const bearer = await fetch(`${stage.url}/api/v1/session/person`, { method: 'POST', body: JSON.stringify({ name: 'Ana', pin: '4711' }), headers: { authorization: `Bearer ${stage.token}` } })
  t.equal(bearer.status, 401, 'a token is no station; only a session is')
})
