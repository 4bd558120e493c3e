import t from 'tap'
import { instantAt, shownAt } from '../../../src/faces/hmi/data/local-time.js'

t.test('what somebody types is the clock on the wall of the plant, also where an hour comes twice or not at all', async (t) => {
  for (const [text, zone, instant] of [
    ['2026-03-28T06:00', 'Europe/Berlin', '2026-03-28T05:00:00.000Z'], ['2026-07-01T06:00', 'Europe/Berlin', '2026-07-01T04:00:00.000Z'], ['2026-03-28T06:00', 'UTC', '2026-03-28T06:00:00.000Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'], ['2026-10-25T03:30', 'Europe/Berlin', '2026-10-25T02:30:00.000Z'], ['2026-01-15T22:15', 'America/New_York', '2026-01-16T03:15:00.000Z'],
    ['2026-06-01T00:00', 'Asia/Kolkata', '2026-05-31T18:30:00.000Z'],
  ] as const) {
    t.equal(instantAt(text, zone), instant, `${text} ${zone}`)
    t.equal(shownAt(Date.parse(instant), zone), text)
  }
  t.equal(instantAt('2026-03-29T02:30', 'Europe/Berlin'), '2026-03-29T01:30:00.000Z', 'an hour that is left out')
  for (const none of ['', '2026-03-28', '2026-13-28T06:00', 'six']) t.equal(instantAt(none, 'UTC'), null)
})
