/** The box, its configuration and who may come in. */

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import type { DataOf } from '../../../src/contract/endpoints/table.js'
import { until } from '../../support/child.js'
import { LIVE, complaintsOf, open, violations } from '../support/page.js'
import { pictures, stage } from '../support/shared.js'

const API = '/api/v1/enhanced'

const panel = { viewport: { width: 1024, height: 768 } } as const

t.test('whoever maintains the box sees why a value is what it is, what is stored and logged, and takes the bundle along', async (t) => {
  const context = await stage.window({ ...panel, acceptDownloads: true })
  const page = await open(context, '/maintenance/BP01', 'h2:has-text("The box")')
  const complaints = complaintsOf(page)
  const box = await stage.ask(`${API}/box`) as DataOf<'box'>
  t.match(await page.textContent('.card:has(h2:has-text("The box"))'), box.system)
  t.strictSame(await violations(page), [])
  await page.screenshot({ path: `${pictures}/panel-maintenance.png`, fullPage: true })
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('.button:has-text("Support bundle")')])
  const bundle = gunzipSync(readFileSync(await download.path())).toString()
  t.match(JSON.parse(bundle), { about: { version: box.version }, readyz: {}, doctor: Array })
  t.notMatch(bundle, stage.token, 'no secret leaves the box')

  await page.goto('/why/packer/bl_speed')
  await page.waitForSelector('.why-steps')
  t.equal(await page.locator('.why-steps > li').count(), 8)
  t.match(await page.textContent('.why-steps'), 'reads it every')
  t.strictSame(await violations(page), [])
  await page.screenshot({ path: `${pictures}/panel-why.png`, fullPage: true })

  await page.goto('/log')
  await page.waitForSelector('td:has-text("the gateway works")')
  t.strictSame(await violations(page), [])
  await page.screenshot({ path: `${pictures}/panel-log.png` })
  // Where a bundle takes long it is asked for again, and the browser notes each time that it was not there yet.
  t.strictSame(complaints.filter((one) => !(one.includes('status of 503') && one.endsWith('/box/support-bundle'))), [])
  await context.close()
})

t.test('a token is made, shown once, and ended, by whom the role allows; the audit says who asked for what', async (t) => {
  const context = await stage.window(panel)
  const page = await open(context, '/tokens', 'h2:has-text("Tokens")')
  await page.click('summary')
  await page.fill('.stacked input', 'board in hall 2')
  await page.click('.stacked .button:text-is("operator")')
  t.strictSame(await violations(page), [])
  await page.click('.stacked .button.primary')
  const token = (await page.textContent('.secret'))!
  await page.screenshot({ path: `${pictures}/panel-tokens.png` })
  const as = async (path: string) => (await fetch(stage.url + path, { headers: { authorization: `Bearer ${token}` } })).status
  t.equal(await as(`${API}/lines`), 200)
  t.equal(await as('/api/v1/access/tokens'), 403, 'and an operator sees no tokens')
  await page.click('.button:has-text("I have it")')
  t.equal(await page.locator('.secret').count(), 0)
  const row = page.locator('tr:has-text("board in hall 2")')
  await row.locator('.button').click()
  await row.locator('.button:has-text("Press again")').click()
  await row.waitFor({ state: 'detached' })
  t.equal(await as(`${API}/lines`), 401)

  await stage.tell(`${API}/equipment/BP01.PACK.BAG1/trigger-andon`, { event_type: 'material', description: 'film <i>runs</i> out' })
  await page.goto('/audit')
  await page.waitForSelector('td:has-text("call for help")')
  t.match(await page.textContent('tbody tr:has-text("call for help")'), 'first run')
  t.equal(await page.locator('tbody i').count(), 0, 'what somebody typed is never markup')
  t.strictSame(await violations(page), [])
  await page.screenshot({ path: `${pictures}/panel-audit.png` })

  const operator = await stage.window({ ...panel, token: (await stage.makeToken('operator')).token })
  const other = await open(operator, '/maintenance/BP01')
  t.strictSame(await other.locator('.choices-row a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))), ['/signals/BP01'], 'no way is shown that would be refused')
  await other.goto('/tokens')
  await other.waitForSelector('.empty:has-text("does not allow this")')
  await operator.close()
  await context.close()
})

t.test('a configuration is read, changed, tried on the last hours, applied, and taken back', async (t) => {
  const context = await stage.window(panel)
  const page = await open(context, '/configuration', '.config-text')
  const text = await page.inputValue('.config-text')
  t.match(text, 'version: 1')
  await page.fill('.config-text', text.replace('Bagging line 1', 'Bagging line one'))
  await page.waitForSelector('.diff-new:has-text("Bagging line one")')
  t.equal(await page.locator('.diff-new').count(), 1)
  t.strictSame(await violations(page), [])
  await page.click('.button:has-text("Try on the last")')
  await page.waitForSelector('dt:has-text("Calls")', { timeout: 60_000 })
  await page.screenshot({ path: `${pictures}/panel-configuration.png`, fullPage: true })
  await page.click('.button:text-is("Apply")')
  await page.click('.button:has-text("Press again")')
  await page.waitForSelector('h2:has-text("Version 2 is in force now")')
  await until('the line bears its new name', async () => (await stage.ask(`${API}/lines`) as DataOf<'lines'>).lines[0]?.name === 'Bagging line one')
  await page.reload()
  await page.waitForSelector(LIVE)
  await page.click('.versions li:has(.button:text-is("1")) .button:has-text("Go back to it")')
  await page.click('.button:has-text("Press again")')
  await page.waitForSelector('h2:has-text("Version 3 is in force now")')
  await until('the line bears its old name', async () => (await stage.ask(`${API}/lines`) as DataOf<'lines'>).lines[0]?.name === 'Bagging line 1')

  await page.fill('.config-text', 'version: 1\nnonsense: [')
  await page.click('.button:text-is("Apply")')
  await page.click('.button:has-text("Press again")')
  await page.waitForSelector('.trouble-box:has-text("Not applied")')
  await context.close()
})
