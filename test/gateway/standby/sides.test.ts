/** What two boxes make of each other: the word that one lives on, and whose journal goes on from whose. */

import t from 'tap'
import { manualClock } from '../../../src/base/clock.js'
import { instant } from '../../../src/base/units.js'
import type { Place } from '../../../src/contract/copy.js'
import { openLease } from '../../../src/gateway/standby/lease.js'
import { mustYield, reconcile } from '../../../src/gateway/standby/reconcile.js'

const START = instant(Date.UTC(2026, 2, 29))

t.test('a promise counts from when its stamp was given, and ends by whichever clock is first', async (t) => {
  const clock = manualClock(START)
  const lease = openLease(clock, 'life 1'.replace(' ', '-'))
  t.notOk(lease.holds(), 'without a word nobody writes')
  const first = lease.stamp()
  await clock.advance(400)
  lease.grant(first, 1_000)
  t.equal(lease.leftMs(), 600, 'the way there and back is taken off')
  const second = lease.stamp()
  await clock.advance(100)
  lease.grant(second, 1_000)
  t.equal(lease.leftMs(), 900)
  lease.grant(first, 1_000)
  t.equal(lease.leftMs(), 900, 'what was said earlier and comes later changes nothing')
  await clock.advance(899)
  t.ok(lease.holds())
  await clock.advance(1)
  t.notOk(lease.holds(), 'the very millisecond is too late')

  lease.grant(lease.stamp(), 1_000)
  clock.step(999)
  t.ok(lease.holds())
  clock.step(1)
  t.notOk(lease.holds(), 'a machine that slept has a monotonic clock that stood')
  lease.grant(lease.stamp(), 1_000)
  clock.step(-3_600_000)
  await clock.advance(1_000)
  t.notOk(lease.holds(), 'and a wall clock that steps back gives nothing')
})

t.test('a word to another life, or to nobody, is none', async (t) => {
  const clock = manualClock(START)
  const lease = openLease(clock, 'now')
  for (const stamp of [null, '', 'before 0 0', 'now', 'now x y', openLease(clock, 'before').stamp()]) {
    lease.grant(stamp, 60_000)
    t.notOk(lease.holds(), String(stamp))
  }
  lease.grant(lease.stamp(), 0)
  t.notOk(lease.holds(), 'who promises nothing')
})

const place = (seq: number, rows = 0, commands = 0): Place => ({ epoch: 'e1', seq, rows, commands })

t.test('a journal follows another one, or went its own way', async (t) => {
  const onward = { epochs: ['e0', 'e1', 'e2'], goes_on: [{ epoch: 'e2', previous: 'e1', from: place(10, 5, 2) }] }
  const cases: readonly [what: string, mine: Parameters<typeof reconcile>[0], theirs: Parameters<typeof reconcile>[1], is: string][] = [
    ['a new box', { epoch: '', place: { ...place(0), epoch: null } }, onward, 'earlier'],
    ['the same epoch', { epoch: 'e2', place: place(12) }, onward, 'earlier'],
    ['all was known when the other went on', { epoch: 'e1', place: place(10, 5, 2) }, onward, 'earlier'],
    ['less was', { epoch: 'e1', place: place(8, 3, 0) }, onward, 'earlier'],
    ['a fact more', { epoch: 'e1', place: place(11, 5, 2) }, onward, 'forked'],
    ['only a loss row more', { epoch: 'e1', place: place(10, 6, 2) }, onward, 'forked'],
    ['only a command more, which was refused', { epoch: 'e1', place: place(10, 5, 3) }, onward, 'forked'],
    ['an epoch that ended otherwise', { epoch: 'e0', place: place(3) }, onward, 'earlier'],
    ['an epoch that nobody there knows', { epoch: 'x', place: place(3) }, onward, 'foreign'],
  ]
  for (const [what, mine, theirs, is] of cases) t.equal(reconcile(mine, theirs).is, is, what)
  t.match(reconcile({ epoch: 'e1', place: place(13, 9) }, onward), { fork: { epoch: 'e1', after_seq: 10, to_seq: 13, facts: 3 } })
  t.match(reconcile({ epoch: 'e1', place: place(10, 9) }, onward), { fork: { after_seq: 10, to_seq: 10, facts: 0 } })
})

t.test('of two that are active, the one that was gone on from gives way', async (t) => {
  const theirs = { role: 'active' as const, epoch: 'e2', epochs: ['e1', 'e2'] }
  t.equal(mustYield({ epoch: 'e1', epochs: ['e1'] }, theirs), 'yield')
  t.equal(mustYield({ epoch: '', epochs: [] }, theirs), 'yield', 'and so does one that never recorded anything')
  t.equal(mustYield({ epoch: 'e3', epochs: ['e1', 'e2', 'e3'] }, theirs), 'stay', 'not the one that went on')
  t.equal(mustYield({ epoch: 'e1', epochs: ['e1'] }, { ...theirs, role: 'standby' }), 'stay')
  t.equal(mustYield({ epoch: 'x', epochs: ['x'] }, theirs), 'conflict', 'strangers under one name')
  t.equal(mustYield({ epoch: 'e2', epochs: ['e1', 'e2'] }, theirs), 'conflict', 'a data directory that was copied')
})
