import t from 'tap'
import { bytesOf, durationOf, instant, instantOf, rfc3339 } from '../../src/base/units.js'

t.test('durations read as milliseconds, and nonsense as nothing', async (t) => {
  for (const [text, ms] of [['100ms', 100], ['1.5s', 1_500], ['5m', 300_000], ['5min', 300_000], ['12h', 43_200_000], ['30d', 2_592_000_000]] as const) t.equal(durationOf(text), ms)
  for (const text of ['', '5', 'm', '-5s', '5 weeks', '1e3s']) t.equal(durationOf(text), null, text)
})

t.test('sizes read as bytes', async (t) => {
  for (const [text, count] of [['64kB', 64_000], ['1MiB', 1_048_576], ['2GB', 2e9], ['7B', 7]] as const) t.equal(bytesOf(text), count)
  t.equal(bytesOf('7'), null)
})

t.test('an instant has an offset, and leaves in UTC with milliseconds', async (t) => {
  t.equal(rfc3339(instantOf('2026-03-29T03:00:00+02:00')!), '2026-03-29T01:00:00.000Z')
  t.equal(instantOf('2026-03-29T03:00:00'), null)
  t.equal(instantOf('2026-03-29'), null)
  t.equal(rfc3339(instant(0)), '1970-01-01T00:00:00.000Z')
})
