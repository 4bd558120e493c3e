/** What every screen owes to whoever works with it. */

import t from 'tap'
import type { DataOf } from '../../../src/contract/endpoints/table.js'
import { until } from '../../support/child.js'
import { LIVE, complaintsOf, inPage, open, show, violations } from '../support/page.js'
import { pictures, stage } from '../support/shared.js'

const API = '/api/v1/enhanced'
const BAGGER = 'BP01.PACK.BAG1'

const factsOf = async (types: string, after = 0): Promise<DataOf<'journal'>['events']> =>
  (await stage.ask(`${API}/journal?types=${types}&limit=1000&after=${after}`) as DataOf<'journal'>).events

t.test('every screen at every size, in both languages and both brightnesses, is clean', async (t) => {
  await stage.tell(`${API}/jobs`, { job_id: '4711', name: 'Bags 500 g', product: 'BAG500', quantity: 5_000 })
  await stage.tell(`${API}/equipment/${BAGGER}/job-assignment`, { job_id: '4711' })
  await stage.tell(`${API}/equipment/${BAGGER}/job-start`)
  await stage.tell(`${API}/equipment/${BAGGER}/trigger-andon`, { event_type: 'quality', description: 'seam <b>open</b>' })
  // A bit that the fault catalogue does not know: nobody but a person can say why.
  await stage.pull(`faults/machine?equipment=${BAGGER}&bit=20`)
  await until('a stop is open', async () => (await factsOf('downtime_event')).some(({ equipment_code }) => equipment_code === BAGGER))
  const stop = (await factsOf('downtime_event')).findLast(({ equipment_code }) => equipment_code === BAGGER)!.data['stop_id'] as string
  const screens = { line: '/', equipment: `/equipment/${BAGGER}`, shift: '/shift/BP01', stop: `/stop/${stop}`, jobs: '/jobs/BP01', maintenance: '/maintenance/BP01', signals: '/signals/BP01', nowhere: '/line/ZZ' }
  // Side by side: they only look, and each waits for answers most of its time.
  await Promise.all(([['panel', 1024, 768, 'light', 'en'], ['phone', 390, 844, 'dark', 'de'], ['wall', 3840, 2160, 'light', 'de']] as const).map(async ([name, width, height, theme, language]) => {
    // Half as many dots as the wall has: what is laid out is the same, and a picture takes a quarter of the time.
    const context = await stage.window({ viewport: { width, height }, deviceScaleFactor: width > 2_000 ? 0.5 : 1, colorScheme: theme, locale: language, reducedMotion: 'reduce' })
    const page = await context.newPage()
    const complaints = complaintsOf(page)
    await page.goto('/')
    for (const [screen, path] of Object.entries(screens)) {
      await show(page, path)
      await page.screenshot({ path: `${pictures}/${name}-${screen}.png` })
      t.strictSame(await violations(page), [], `${screen} at ${name}`)
      t.ok(await inPage<boolean>(page, 'document.documentElement.scrollWidth <= innerWidth'), `${screen} at ${name} does not scroll sideways`)
      t.equal(await inPage<string>(page, 'document.documentElement.lang'), language)
    }
    t.strictSame(complaints, [], `${name}: no complaint of the browser`)
    await context.close()
  }))
})

t.test('a gloved finger meets its target on every screen, on the panel that was said to be here', async (t) => {
  const everywhere = ['/', `/equipment/${BAGGER}`, '/shift/BP01', '/shift/BP01?show=report', '/jobs/BP01', '/maintenance/BP01', '/signals/BP01', `/explain/equipment/${BAGGER}/oee`, '/configuration', '/tokens']
  await Promise.all(([[15, 1024, 768, everywhere.slice(0, 3)], [10, 1280, 800, everywhere]] as const).map(async ([inches, width, height, paths]) => {
    const context = await stage.window({ viewport: { width, height } })
    const page = await context.newPage()
    const pxPerMm = Math.hypot(width, height) / (inches * 25.4)
    await page.goto(`/?panel=${inches}`)
    for (const path of paths) {
      await show(page, path)
      // What is hidden until a keyboard asks for it meets no finger.
      const small = await inPage<string[]>(page, `[...document.querySelectorAll('a, button, input, select, textarea, summary')].flatMap((one) => {
        const { width, height } = one.getBoundingClientRect()
        return one.classList.contains('skip') || width === 0 || Math.min(width, height) / ${pxPerMm} >= 15 ? [] : [one.outerHTML.slice(0, 80) + ' ' + Math.round(width) + '×' + Math.round(height)]
      })`)
      t.strictSame(small, [], `${path} on ${inches} inches`)
    }
    await context.close()
  }))
})

t.test('a screen of before an upgrade loads itself anew, but never under somebody\'s hands', async (t) => {
  const context = await stage.window({ viewport: { width: 1024, height: 768 } })
  const page = await context.newPage()
  await page.clock.install()
  await page.goto(`/equipment/${BAGGER}`)
  await page.waitForSelector(LIVE)
  await page.route('**/build', (route) => route.fulfill({ body: 'another' }))
  let loads = 0
  page.on('load', () => { loads++ })
  await page.clock.fastForward(50_000)
  await page.click('h1')
  await page.clock.fastForward(30_000)
  await page.waitForSelector('.banner:has-text("new version of the screens")')
  t.equal(loads, 0, 'somebody has just touched it')
  await page.clock.fastForward(65_000)
  await until('it has loaded itself', () => loads > 0)
  await context.close()
})

t.test('what somebody typed is never markup, and its shift adds up', async (t) => {
  const context = await stage.window({ viewport: { width: 1024, height: 768 } })
  const page = await open(context, `/equipment/${BAGGER}`)
  await page.waitForSelector('.call')
  t.match(await page.textContent('.call'), 'seam <b>open</b>')
  t.equal(await page.locator('.call p b >> text=open').count(), 0)
  await page.goto('/shift/BP01?equipment=BP01.PACK.PAL1')
  await page.waitForSelector('.waterfall .whole')
  const steps = await inPage<number[]>(page, "[...document.querySelector('.waterfall').querySelectorAll('tr > td:last-child')].map((cell) => Number(cell.textContent.replace('−', '-').replace(/[^0-9.-]/g, '')))")
  const [planned = NaN, ...rest] = steps
  const good = rest.pop() ?? NaN
  t.ok(planned > 0)
  t.ok(Math.abs(planned + rest.reduce((sum, one) => sum + one, 0) - good) < 0.05 * steps.length + 0.001, `${steps.join(' ')}: each is rounded to a tenth`)
  await context.close()
})

t.test('the board of a hall can be read from where it is said to be read, and never scrolls', async (t) => {
  const context = await stage.window({ viewport: { width: 3840, height: 2160 } })
  const page = await open(context, '/andon?diag=55&dist=10', '.board-stations')
  await page.waitForSelector('.station')
  const pxPerMm = Math.hypot(3840, 2160) / (55 * 25.4)
  for (const figure of ['.board-figures dd', '.station-timer']) {
    const fontPx = Number.parseFloat(await inPage<string>(page, `getComputedStyle(document.querySelector('${figure}')).fontSize`))
    // Capitals and digits of Inter are 0.727 em high; a 200th of ten metres are 50 mm.
    t.ok(fontPx * 0.727 / pxPerMm >= 50, `${figure}: ${(fontPx * 0.727 / pxPerMm).toFixed(1)} mm`)
  }
  t.ok(await inPage<boolean>(page, 'document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth'))
  t.strictSame(await violations(page), [])
  await page.screenshot({ path: `${pictures}/board.png` })
  for (const size of [{ width: 1920, height: 1080 }, { width: 1080, height: 1920 }, { width: 1024, height: 768 }]) {
    await page.setViewportSize(size)
    // A page hears of its new size when it is drawn next.
    await inPage(page, `new Promise((heard) => { const look = () => requestAnimationFrame(innerWidth === ${size.width} && innerHeight === ${size.height} ? () => requestAnimationFrame(heard) : look); look() })`)
    t.ok(await inPage<boolean>(page, 'document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth'), JSON.stringify(size))
  }
  await page.screenshot({ path: `${pictures}/board-panel.png` })
  await context.close()
})

t.test('a board sounds for a new critical call, once somebody has touched it, and flashes only for those who bear it', async (t) => {
  const context = await stage.window({ viewport: { width: 1920, height: 1080 }, reducedMotion: 'no-preference' })
  await context.addInitScript('globalThis.tones = 0; const { createOscillator } = AudioContext.prototype; AudioContext.prototype.createOscillator = function () { tones++; return createOscillator.call(this) }')
  const page = await open(context, '/andon', '.station')
  const tones = () => inPage<number>(page, 'tones')
  const raise = async (code: string, priority: string) => {
    await stage.tell(`${API}/equipment/${code}/trigger-andon`, { event_type: 'safety', priority })
    const { andons } = await stage.ask(`${API}/andons?open=true&equipment_code=${code}`) as DataOf<'andons'>
    return andons.find(({ andon_type }) => andon_type === 'safety')!.andon_id
  }
  const first = await raise('BP01.PACK.PAL1', 'critical')
  await page.waitForSelector('.trouble.pulse')
  t.equal(await tones(), 0, 'nobody has touched it')
  t.equal(await inPage<string>(page, "getComputedStyle(document.querySelector('.pulse b')).animationName"), 'pulse')
  await page.emulateMedia({ reducedMotion: 'reduce' })
  t.equal(await inPage<string>(page, "getComputedStyle(document.querySelector('.pulse b')).animationName"), 'none')

  await page.click('text=Sound on')
  t.equal(await tones(), 2, 'whoever touches it hears what it sounds like')
  const second = await raise('BP01.PACK.BAG1.BL', 'critical')
  await until('it sounds', async () => await tones() === 4)
  const third = await raise(BAGGER, 'medium')
  for (const id of [first, second]) await stage.tell(`${API}/andons/${id}/resolve`)
  await page.waitForSelector('.trouble:not(.pulse)')
  t.equal(await tones(), 4, 'a call that is not critical makes no sound, and the end of one neither')
  await stage.tell(`${API}/andons/${third}/resolve`)
  await context.close()
})

t.test('an operator sees a stop, says why, calls maintenance, is heard; the numbers are the interface\'s', async (t) => {
  const { token } = await stage.makeToken('operator')
  const context = await stage.browser.newContext({ baseURL: stage.url, locale: 'en-GB', viewport: { width: 1024, height: 768 } })
  const page = await context.newPage()
  await page.goto('/')
  await page.fill('#token', 'ls_0123456789_wrong')
  await page.click('text=Sign in')
  await page.waitForSelector('.problem:has-text("not known")')
  t.strictSame(await violations(page), [], 'the login page')
  await page.fill('#token', token)
  await page.keyboard.press('Enter')
  await page.waitForSelector(LIVE)
  t.equal(await inPage<string>(page, 'document.cookie'), '', 'no script can read the session')

  const before = (await factsOf('downtime_event')).at(-1)?.seq ?? 0
  await stage.pull(`faults/machine?equipment=${BAGGER}&bit=21`)
  await page.click(`a[href="/equipment/${BAGGER}"]`)
  await page.waitForSelector('.ask .choices.big .button')
  await page.screenshot({ path: `${pictures}/panel-stop-asks.png` })
  await page.click('text=Other reasons')
  await page.click('.ask .button:has-text("Sensor failure")')
  await page.waitForSelector('.given:has-text("Sensor failure")')
  const reasoned = (await factsOf('downtime_updated', before)).filter(({ data }) => data['change'] === 'reason')
  t.match(reasoned.at(-1)?.data, { reason: { code: 'SENSOR_FAIL', source: 'operator' } })

  await page.click('.calls-free .button:has-text("Maintenance")')
  const call = page.locator('.call:has-text("Maintenance")')
  await call.locator('text=nobody has seen it yet').waitFor()
  const [raised] = (await factsOf('andon_event')).slice(-1)
  await stage.tell(`${API}/andons/${String(raised?.data['andon_id'])}/acknowledge`)
  await call.locator('text=/seen by first run/').waitFor()
  await call.locator('.button:has-text("I am here")').click()
  await call.locator('text=/operator is here/').waitFor()
  await call.locator('.button:has-text("Ended")').click()
  await call.waitFor({ state: 'detached' })

  // The same call again is refused in words, not swallowed.
  await page.click('.calls-free .button:has-text("Material")')
  await page.waitForSelector('.call:has-text("Material")')
  t.equal(await stage.tell(`${API}/equipment/${BAGGER}/trigger-andon`, { event_type: 'material' }), 409)

  await stage.pull('time/pause')
  const figure = async (name: string) => Number((await page.textContent(`.work .figure:has-text("${name}") b`))?.replaceAll(',', ''))
  await until('the screen shows what the interface says', async () => {
    const { counts } = await stage.ask(`${API}/equipment/${BAGGER}`) as DataOf<'equipment'>
    return await figure('Good') === counts.good && await figure('Reject') === counts.reject
  })
  await stage.pull('time/resume')

  // A paused job waits where it was, and goes on from there.
  const jobCard = page.locator('section:has(h2:text-is("Job"))')
  await jobCard.locator('.button:has-text("Pause")').click()
  await jobCard.locator('.button:has-text("Go on")').click()
  await jobCard.locator('.button:has-text("Pause")').waitFor()
  t.equal((await factsOf('job_resumed')).at(-1)?.equipment_code, BAGGER)

  // The shift ends: the job is finished by holding, and the report says what the interface says.
  await page.locator('.button:has-text("Finish")').hover()
  await page.mouse.down()
  await page.waitForSelector('section:has(h2:text-is("Job")) >> text=No job')
  await page.mouse.up()
  t.equal((await factsOf('job_completed')).at(-1)?.equipment_code, BAGGER)
  await page.click('nav .tab:has-text("Shift")')
  await page.click('.choice .button:has-text("Report")')
  await page.waitForSelector('tfoot')
  const to = (await factsOf('job_completed')).at(-1)!.timestamp
  const report = await stage.ask(`${API}/oee/equipment/${BAGGER}/oee-performance-report?start_date=${new Date(Date.parse(to) - 86_400_000).toISOString()}&group_by=shift`) as DataOf<'oee_performance_report'>
  t.equal(await page.locator('tfoot td').nth(4).textContent(), report.totals.counts.good.toLocaleString('en-GB'))
  await context.close()
})

t.test('the end of a start-up and rework are said at the equipment, and offered only while there are some', async (t) => {
  const context = await stage.window({ token: (await stage.makeToken('operator')).token, viewport: { width: 1024, height: 768 } })
  await stage.tell(`${API}/jobs`, { job_id: '4712', product: 'BAG500', quantity: 5_000 })
  await stage.tell(`${API}/equipment/${BAGGER}/job-assignment`, { job_id: '4712' })
  await stage.tell(`${API}/equipment/${BAGGER}/job-start`)
  // No part ends the start-up before a person does.
  await stage.pull('time/pause')
  await stage.tell(`${API}/equipment/${BAGGER}/changeover-start`)
  await stage.tell(`${API}/equipment/${BAGGER}/changeover-completion`)
  const page = await open(context, `/equipment/${BAGGER}`)
  await page.click('.button:has-text("End start-up")')
  await page.waitForSelector('.button:has-text("End start-up")', { state: 'detached' })
  t.match((await factsOf('startup_released')).at(-1), { equipment_code: BAGGER, data: { by: 'operator' } })

  await stage.tell(`${API}/equipment/${BAGGER}/counts-correction`, { reject: 5, reason: 'torn' })
  const { current_job: job } = await stage.ask(`${API}/equipment/${BAGGER}`) as DataOf<'equipment'>
  await page.click('.button:has-text("Enter rework")')
  t.match(await page.textContent('.scrap .muted'), `${job!.reject} rejects of this job`)
  await page.fill('.scrap input[type=number]', '1000')
  t.equal(await page.inputValue('.scrap input[type=number]'), String(job!.reject), 'no more than there are')
  await page.fill('.scrap input[type=number]', '3')
  // What the head covers of a page that was scrolled is no fault of the page.
  await inPage(page, 'scrollTo(0, 0)')
  t.strictSame(await violations(page), [])
  await page.screenshot({ path: `${pictures}/panel-rework.png`, fullPage: true })
  await page.click('.button:has-text("3 · Book as reworked")')
  await page.waitForSelector('section:has(h2:text-is("Job")) >> text=3 more by rework')
  t.match((await factsOf('parts_reworked')).at(-1), { equipment_code: BAGGER, data: { good: 3, job_id: '4712', by: 'operator' } })
  await stage.pull('time/resume')
  await stage.tell(`${API}/equipment/${BAGGER}/job-completion`)
  await context.close()
})

t.test('who may only look has no buttons that would be refused', async (t) => {
  const { token } = await stage.makeToken('viewer')
  const context = await stage.window({ token, viewport: { width: 1024, height: 768 } })
  const page = await open(context, `/equipment/${BAGGER}`)
  t.equal(await page.locator('.calls-free').count(), 0)
  t.equal(await page.locator('text=Begin changeover').count(), 0)
  await context.close()
})

t.test('a refusal is said where it happened, with what to do', async () => {
  const context = await stage.window({ viewport: { width: 1024, height: 768 } })
  const page = await open(context, `/equipment/${BAGGER}`)
  // Somebody else is faster by exactly as much as the network is slow.
  await page.route('**/changeover-start', async (route) => {
    await stage.tell(`${API}/equipment/${BAGGER}/changeover-start`)
    await route.continue()
  })
  await page.click('text=Begin changeover')
  await page.waitForSelector('.refusal:has-text("A changeover is in progress. End it first.")')
  await page.screenshot({ path: `${pictures}/panel-refusal.png` })
  await page.click('.refusal .button')
  await page.waitForSelector('.refusal', { state: 'detached' })
  await stage.tell(`${API}/equipment/${BAGGER}/changeover-completion`)
  await context.close()
})

t.test('files may be kept for ever, pages never; an address that leads nowhere says so to people and to programs', async (t) => {
  const page = await fetch(`${stage.url}/`)
  t.equal(page.headers.get('cache-control'), 'no-store')
  t.match(page.headers.get('content-security-policy'), /default-src 'none'.*script-src 'self'/)
  const script = /src="(\/assets\/[^"]+)"/.exec(await page.text())![1]!
  const asset = await fetch(stage.url + script, { headers: { 'accept-encoding': 'br' } })
  t.match(asset.headers.get('cache-control'), 'immutable')
  t.equal(asset.headers.get('content-encoding'), 'br')
  t.equal((await fetch(`${stage.url}/assets/nothing.js`)).status, 404)
  const lost = await fetch(`${stage.url}/no/such/place`, { headers: { accept: 'text/html' } })
  t.equal(lost.status, 404)
  t.match(await lost.text(), '<div id="screen">')
  t.match(await (await fetch(`${stage.url}/no/such/place`)).json(), { error: { code: 'NOT_FOUND' } })
})

t.test('a session is of its own page: another origin gets nothing with the cookie', async (t) => {
  const opened = await fetch(`${stage.url}/api/v1/session`, { method: 'POST', headers: { authorization: `Bearer ${stage.token}` } })
  const cookie = opened.headers.get('set-cookie') ?? ''
  t.match(cookie, /HttpOnly; SameSite=Strict/)
  const own = cookie.split(';')[0]!
  const status = async (headers: Record<string, string>): Promise<number> => (await fetch(`${stage.url}${API}/lines`, { headers: { cookie: own, ...headers } })).status
  t.equal(await status({}), 200)
  t.equal(await status({ origin: stage.url }), 200)
  t.equal(await status({ origin: 'http://127.0.0.1:1' }), 401)
  t.equal(await status({ 'sec-fetch-site': 'same-site' }), 401)
  t.equal((await fetch(`${stage.url}/api/v1/session`, { method: 'DELETE', headers: { cookie: own } })).status, 204)
  t.equal(await status({}), 401, 'signed out')
  t.equal((await fetch(`${stage.url}/api/v1/session`, { method: 'POST', headers: { cookie: own } })).status, 401, 'a cookie opens no session')
})
