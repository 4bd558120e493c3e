/** The dashboard and the alert rules ask for figures that there are. */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { noStandby } from '../src/faces/api/standby.js'
import { metricsOf } from '../src/faces/api/metrics.js'
import { manualClock } from '../src/base/clock.js'
import { instant } from '../src/base/units.js'
import { openJournal } from '../src/journal/journal.js'
import { exampleConfig, openMemoryDesk } from './faces/support/desk.js'
import { optionsFor } from './journal/plant.js'
import { until } from './support/child.js'

const folder = new URL('../../config/monitoring/', import.meta.url)
const namesIn = (expressions: readonly string[]): string[] => [...new Set(expressions.flatMap((text) => text.match(/\b(lineside|nodejs|process)_\w+/g) ?? []))].sort()

t.test('every figure that the dashboard or a rule names is served, with its help and its type', async (t) => {
  const dashboard = JSON.parse(readFileSync(new URL('dashboard.json', folder), 'utf8')) as { panels: { targets: { expr: string }[] }[] }
  const { groups } = parse(readFileSync(new URL('alerts.yaml', folder), 'utf8')) as { groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[] }
  const rules = groups.flatMap((group) => group.rules)
  const desk = openMemoryDesk(exampleConfig(), manualClock(instant(Date.UTC(2026, 2, 29))))
  const stats = { connections: 0, sent: { ping: 1 }, queued_bytes: 0, resumed: 0, closed_too_slow: 0, fan_out_milliseconds: { p50: 0, p99: 0 } }
  // Only what a scrape asks of the sockets.
  const scrape = await metricsOf(desk, { stats: () => stats } as unknown as Parameters<typeof metricsOf>[1], noStandby(() => desk.head()))
  await scrape()
  // Garbage is counted as it is collected, so some is made.
  for (let i = 0; i < 200; i++) Buffer.alloc(1_000_000).toString('hex')
  let text = ''
  await until('its collection was counted', async () => (text = await scrape()).includes('# TYPE nodejs_gc_duration_seconds'))
  const types = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1]!))
  const asked = namesIn([...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...rules.map(({ expr }) => expr)])
  t.ok(asked.length > 20)
  for (const name of asked) t.ok(types.has(name) || types.has(name.replace(/_(sum|count|bucket)$/, '')), name)
  for (const { alert, annotations } of rules) t.match(annotations.summary, /\S/, alert)
})

t.test('each thread beside the main one is told with its heap while it runs', async (t) => {
  const desk = openMemoryDesk(exampleConfig(), manualClock(instant(Date.UTC(2026, 2, 29))))
  const scrape = await metricsOf(desk, { stats: () => ({ connections: 0, sent: {}, queued_bytes: 0, resumed: 0, closed_too_slow: 0, fan_out_milliseconds: { p50: 0, p99: 0 } }) } as unknown as Parameters<typeof metricsOf>[1], noStandby(() => desk.head()))
  const journal = await openJournal(optionsFor(t.testdir()))
  for (const name of ['lineside_thread_heap_used_bytes', 'lineside_thread_heap_bytes']) {
    const bytes = Number(new RegExp(`^${name}\\{thread="journal writer"\\} (\\S+)$`, 'm').exec(await scrape())?.[1])
    t.ok(bytes > 1_000_000 && bytes < 100_000_000, `${name}: ${bytes}`)
  }
  await journal.close()
  await until('it has ended', async () => !(await scrape()).includes('thread="journal writer"'))
})

t.test('the room that is left is that of the disk, and what wears it is told when it says something of the days to come', async (t) => {
  const clock = manualClock(instant(Date.UTC(2026, 2, 29)))
  const config = exampleConfig()
  const desk = openMemoryDesk({ ...config, storage: { ...config.storage, directory: t.testdir() } }, clock)
  const startedAt = clock.now()
  const told = { ...desk, health: () => ({ ...desk.health(), startedAt }), sizes: async () => ({ ...await desk.sizes(), freeBytes: 4_096, writtenBytesPerDay: 890_000_000 }) }
  const scrape = await metricsOf(told, { stats: () => ({ connections: 0, sent: {}, queued_bytes: 0, resumed: 0, closed_too_slow: 0, fan_out_milliseconds: { p50: 0, p99: 0 } }) } as unknown as Parameters<typeof metricsOf>[1], noStandby(() => desk.head()))
  const figure = async (name: string): Promise<number | null> => {
    const found = new RegExp(`^${name} (\\S+)$`, 'm').exec(await scrape())?.[1]
    return found === undefined ? null : Number(found)
  }
  t.ok((await figure('lineside_journal_free_bytes'))! > 4_096, 'not the pages that are free inside the database')
  t.equal(await figure('lineside_journal_spare_bytes'), 4_096)
  t.equal(await figure('lineside_journal_written_bytes_per_day'), null, 'a start writes much')
  await clock.advance(600_000)
  t.equal(await figure('lineside_journal_written_bytes_per_day'), 890_000_000)
})
