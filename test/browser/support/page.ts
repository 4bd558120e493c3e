/** What browser tests ask of a page: expressions run inside it, its complaints, and what axe-core finds. */

import axe from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'

/** What stands on every screen that is live. */
export const LIVE = '.live:not(.off) time'

/** Expressions run in the page; the tests themselves know no document. */
export const inPage = <T>(page: Page, expression: string): Promise<T> => page.evaluate<T>(expression)

/** What a page complained about; Chromium reports broken policies there, too. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`.trim()) })
  page.on('pageerror', (error) => { complaints.push(error.message) })
  return complaints
}

/** What WCAG 2.2 AA has against a page, as far as a machine can see. */
export async function violations(page: Page): Promise<string[]> {
  if (!await inPage<boolean>(page, "'axe' in globalThis")) await inPage(page, axe.source)
  const found = await inPage<axe.Result[]>(page, "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'], preload: false }).then((result) => result.violations)")
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join('; ')}`)
}

export async function open(context: BrowserContext, path: string, ready = LIVE): Promise<Page> {
  const page = await context.newPage()
  await page.goto(path)
  await page.waitForSelector(ready)
  return page
}

/** Goes to another view as a tap on a link does, without loading the page anew, and waits until it is complete. */
export async function show(page: Page, path: string): Promise<void> {
  await inPage(page, `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`)
  await settled(page)
}

/** The page is live, and shows what it asked for first. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector(LIVE)
  await page.waitForSelector('main:not([aria-busy=true]) h1', { state: 'attached' })
}
