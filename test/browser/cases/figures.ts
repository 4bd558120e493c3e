/** Figures opened up, and the shift looked at from every side. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import type { DataOf } from '../../../src/contract/endpoints/table.js'
import { until } from '../../support/child.js'
import { complaintsOf, open, settled, violations } from '../support/page.js'
import { pictures, stage } from '../support/shared.js'

const API = '/api/v1/enhanced'
const LOADER = 'BP01.PACK.BAG1.BL'

const panel = { viewport: { width: 1024, height: 768 } } as const

/** `0:04.213` and `1:02:03.000` as milliseconds. */
const ms = (text: string): number => Math.round(text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1_000)

t.test('a figure opens up, level by level, to raw counter values, and each level adds up', async (t) => {
  // A job that begins writes the counts before it down, so that nobody waits for the end of the minute.
  const counted = async () => (await stage.ask(`${API}/equipment/${LOADER}`) as DataOf<'equipment'>).counts.good
  await until('some baskets were loaded', async () => await counted() > 2)
  await stage.tell(`${API}/jobs`, { job_id: '4712', product: 'BAG500', quantity: 5_000 })
  await stage.tell(`${API}/equipment/${LOADER}/job-assignment`, { job_id: '4712' })
  await stage.tell(`${API}/equipment/${LOADER}/job-start`)

  const context = await stage.window(panel)
  const page = await open(context, `/equipment/${LOADER}`, '.figure.opens')
  const complaints = complaintsOf(page)
  await page.click('.figure.opens:has-text("OEE")')
  await page.waitForSelector('.working')
  const address = new URL(page.url())
  t.equal(address.pathname, `/explain/equipment/${LOADER}/oee`)
  const explained = await stage.ask(`/api/v1${address.pathname}?from=${address.searchParams.get('from')!}&to=${address.searchParams.get('to')!}`) as DataOf<'explain_equipment'>
  t.equal(await page.textContent('.working-result'), `${(explained.oee.oee! * 100).toFixed(1)}%`)

  const leaves = await page.locator('.leaf > b.number').allTextContents()
  const window = Date.parse(explained.window.to) - Date.parse(explained.window.from)
  t.equal(leaves.reduce((sum, text) => sum + ms(text), 0), window, 'every millisecond of the window stands in one leaf')
  await page.click('.leaf:has-text("Running")')
  await page.waitForURL(/leaf=running/)
  t.equal(ms(await page.textContent('section:has(h2:text("Slices of time")) tfoot b') ?? ''), explained.leaves.find(({ leaf }) => leaf === 'running')!.ms, 'and the slices add up to their leaf')
  await page.click('summary:has-text("ISO 22400-2")')
  const { elements, ratios } = explained.iso_22400
  const iso = async (name: string) => await page.textContent(`.iso tr:has(:text-is("${name}")) td:last-child`) ?? ''
  t.equal(ms(await iso('PBT')), await [iso('APT'), iso('AUST'), iso('ADET'), iso('ADOT')].reduce(async (sum, text) => await sum + ms(await text), Promise.resolve(0)), 'the busy time is the sum of its parts')
  t.equal(ms(await iso('ADET')), Math.round(elements.ADET * 1_000))
  t.match(await page.textContent('.iso tr:has-text("NEE index") td:last-child'), ratios.nee === null ? '–' : `${(ratios.nee * 100).toFixed(1)}%`)
  t.match(await page.textContent('.facts'), explained.oee.ooe === undefined ? 'TEEP' : 'OOE')
  t.equal(await page.locator('.doubts li').count(), explained.oee.warnings.length, 'every doubt is told')
  t.strictSame(await violations(page), [])

  await page.click('.choice .button:has-text("Good parts")')
  await page.waitForSelector('tr .button[aria-expanded]')
  const good = explained.counts.filter(({ parts }) => parts.good !== 0)
  t.ok(good.length > 0)
  t.equal(await page.textContent('.working-result'), String(explained.oee.counts.good))
  t.equal(await page.locator('section:has(.button[aria-expanded]) tfoot b').first().textContent(), String(explained.oee.counts.good), 'counts add up to the figure')
  await page.locator('tr .button[aria-expanded]').first().click()
  const step = good.at(-1)!.steps.find(({ parts }) => parts > 0)!
  const opened = page.locator('.opened')
  t.match(await opened.textContent(), `${step.from!.toLocaleString('en-GB')} → ${step.to.toLocaleString('en-GB')}`)
  t.match(await opened.textContent(), 'The counter went on by no more than the machine can make in that time.')
  t.match(await opened.textContent(), 'configuration version 1.')
  await page.screenshot({ path: `${pictures}/panel-explain.png`, fullPage: true })

  const shared = await open(context, page.url().slice(stage.url.length), '.opened')
  t.equal(await shared.locator('.opened').textContent(), await opened.textContent(), 'the address holds the whole view')
  await shared.close()

  await page.click('.step .button:has-text("Raw readings")')
  await page.waitForSelector('.chart canvas')
  t.match(new URL(page.url()).pathname, `/signal/${LOADER}/`)
  t.ok(Number((await page.textContent('.card > .muted'))?.replace(/\D/g, '')) > 1, 'there are raw readings')
  await page.screenshot({ path: `${pictures}/panel-signal.png` })
  t.strictSame(await violations(page), [])
  t.strictSame(complaints, [])

  await page.goto('/')
  await page.click('.oee .figure.opens')
  await page.waitForSelector('th .button')
  t.equal(await page.locator('tbody tr').count(), 3, 'a line names what each equipment gives')
  const line = new URL(page.url())
  const { made_of: made, oee } = await stage.ask(`/api/v1${line.pathname}?from=${line.searchParams.get('from')!}&to=${line.searchParams.get('to')!}`) as DataOf<'explain_line'>
  t.strictSame(await page.locator('tbody td:nth-child(5)').allTextContents(), made.map(({ standalone_availability: alone }) => alone === null ? '–' : `${(alone * 100).toFixed(1)}%`), 'and what each could do without its neighbours')
  t.match(await page.textContent('.card'), 'The configuration calls Bagger the constraint.')
  t.match(await page.textContent('dd:near(dt:has-text("On the line"), 400)'), String(oee.work_in_process))
  t.strictSame(await violations(page), [])
  await page.screenshot({ path: `${pictures}/panel-explain-line.png` })
  await page.goto('/explain/equipment/NOBODY/oee')
  await page.waitForSelector('h1:has-text("nothing here")')
  await context.close()
})

t.test('the shift compared, controlled, advised, corrected and reported: each under an address of its own, the report also as a table and on paper', async (t) => {
  const context = await stage.window({ ...panel, acceptDownloads: true })
  const page = await context.newPage()
  const complaints = complaintsOf(page)
  for (const [show, ready] of [['compare', '.analysis > .muted'], ['control', '.analysis > .muted'], ['advice', 'h2:has-text("What the data do not say")'], ['correct', 'h2:has-text("Correct the past")'], ['report', 'tfoot']] as const) {
    await page.goto(`/shift/BP01?show=${show}`)
    await page.waitForSelector(ready)
    await settled(page)
    t.strictSame(await violations(page), [], show)
    await page.screenshot({ path: `${pictures}/panel-${show}.png`, fullPage: true })
  }
  t.strictSame(complaints, [])

  await page.click('.choice .button:has-text("Hour")')
  await page.waitForSelector('th:text-is("Hour")')
  const address = new URL(page.url())
  const to = address.searchParams.get('to')!
  const from = new Date(Date.parse(to) - 86_400_000).toISOString()
  const report = await stage.ask(`${API}/oee/equipment/BP01.PACK.BAG1/oee-performance-report?start_date=${from}&end_date=${to}&group_by=hour`) as DataOf<'oee_performance_report'>
  t.equal(await page.locator('tfoot td').first().textContent(), report.totals.oee === null ? '–' : `${(report.totals.oee * 100).toFixed(1)}%`, 'the sum is the interface\'s')
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('.button:has-text("Report as CSV")')])
  t.match(download.suggestedFilename(), /^BP01\.PACK\.BAG1-\d{4}-\d\d-\d\d-hour\.csv$/)
  t.match(readFileSync(await download.path(), 'utf8'), /^hour,/)

  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  t.notOk(await page.locator('.top').isVisible(), 'nothing that can be pressed is on paper')
  t.ok(await page.locator('.only-print').isVisible(), 'and when it was printed is')
  t.equal(await page.evaluate<string>("getComputedStyle(document.body).backgroundColor"), 'rgb(255, 255, 255)', 'paper is white, whatever the screen is')
  await page.screenshot({ path: `${pictures}/paper-report.png`, fullPage: true })
  await context.close()
})

t.test('a correction says that the gateway is working it out, and then what became of it', async (t) => {
  const context = await stage.window(panel)
  const page = await context.newPage()
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => { release = resolve })
  await page.route('**/ideal-correction', async (route) => {
    await released
    await route.continue()
  })
  await page.goto('/shift/BP01?show=correct')
  await page.click('.choice .button:has-text("The ideal time")')
  await page.fill('input[type=number]', '1.5')
  await page.fill('label:has-text("Why") input', 'nameplate')
  await page.locator('form .button.primary').hover()
  await page.mouse.down()
  await page.waitForSelector('form .button.primary[aria-busy=true] small:has-text("working it out")')
  t.strictSame(await violations(page), [])
  await page.mouse.up()
  release()
  t.match(await page.textContent('.refusal'), /“Correct: 1.5 s” was not done.*That is too long ago/)
  await context.close()
})
