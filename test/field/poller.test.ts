import t from 'tap'
import { seededChance } from '../../src/base/chance.js'
import { manualClock } from '../../src/base/clock.js'
import { instant } from '../../src/base/units.js'
import type { LinkChange, Scan } from '../../src/contract/scan.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { untilIn } from '../../src/field/parcel.js'
import { phasesOf } from '../../src/field/phases.js'
import { startPoller } from '../../src/field/poller.js'
import { plcOf, script, scriptedDriver } from './support/scripted.js'

/** A poller on a clock of its own, with everything it said. */
function bench(more: Record<string, unknown> = {}, phaseMs = 0) {
  const clock = manualClock(instant(Date.UTC(2026, 2, 29)))
  const plc = plcOf(more)
  const { groups } = scanGroupsOf([plc])
  const scans: Scan[] = []
  const links: LinkChange[] = []
  const play = script()
  const poller = startPoller({
    plc, groups, clock, chance: seededChance(1), phaseMs, makeDriver: () => scriptedDriver(play, groups, clock),
    onScan: (scan) => scans.push(scan), onLink: (change) => links.push(change), forgottenCount: () => 0,
  })
  const stop = async (): Promise<void> => {
    const stopped = poller.stop()
    await clock.advance(10_000)
    await stopped
  }
  return { clock, poller, play, scans, links, stop }
}

t.test('cycles begin at absolute times and do not drift, however long a reading takes', async (t) => {
  const { clock, play, scans, stop } = bench({}, 30)
  await clock.advance(200)
  play.readMs = 60
  await clock.advance(1_000)
  play.readMs = 2
  await clock.advance(800)
  t.same(new Set(scans.map((scan) => (scan.mono - 30) % 100)), new Set([2, 60]), 'every reading began at 30 ms after a full cycle')
  t.equal(scans.length, 20)
  await stop()
})

t.test('PLCs of one cycle are asked one after the other, all over it', async (t) => {
  const plcs = Array.from({ length: 20 }, (_, n) => plcOf({ id: `p${n}`, cycle: '100ms' }))
  const clock = manualClock(instant(Date.UTC(2026, 2, 29)))
  const { groups } = scanGroupsOf(plcs)
  const asked = new Map<number, number[]>()
  const pollers = plcs.map((plc) => startPoller({
    plc, groups: groups.filter((group) => group.plc === plc.id), clock, chance: seededChance(1), phaseMs: phasesOf(plcs).get(plc.id)!, makeDriver: () => scriptedDriver(script(), groups, clock),
    onScan: ({ group, mono }) => { asked.set(group, [...asked.get(group) ?? [], mono]) }, onLink: () => undefined, forgottenCount: () => 0,
  }))
  await clock.advance(1_050)
  const first = asked.get(0)!.at(-1)!
  const places = [...asked.values()].map((monos) => ((monos.at(-1)! - first) % 100 + 100) % 100).sort((one, other) => one - other)
  t.same(places, Array.from({ length: 20 }, (_, n) => 5 * n), 'a twentieth of the cycle between each and the next')
  const ends = pollers.map((poller) => poller.stop())
  await clock.advance(10_000)
  await Promise.all(ends)
})

t.test('a late cycle is never made up for: those in between are counted as missed', async (t) => {
  const { clock, play, poller, stop } = bench()
  await clock.advance(1_050)
  const before = poller.health()
  play.readMs = 250
  await clock.advance(100)
  play.readMs = 2
  await clock.advance(900)
  const after = poller.health()
  t.equal(after.cyclesMissedCount - before.cyclesMissedCount, 2)
  t.equal(after.cyclesCount + after.cyclesMissedCount, 21, 'every cycle is either read or missed')
  t.equal(play.callsMost, 1, 'one call at a time')
  await stop()
})

t.test('the first failed cycle makes every value bad at once, says why, and closes the driver', async (t) => {
  const { clock, play, scans, links, poller, stop } = bench()
  await clock.advance(250)
  t.equal(scans.at(-1)!.qualities[0], 0)
  play.readFault = 'PLC_TIMEOUT'
  await clock.advance(100)
  t.same([...scans.at(-1)!.qualities], [3, 3])
  t.same(links.map(({ up, fault }) => [up, fault]), [[true, null], [false, 'PLC_TIMEOUT']])
  t.equal(play.seen.at(-1), 'close')
  t.equal(poller.health().state, 'backoff')
  t.equal(poller.health().fault, 'PLC_TIMEOUT')
  const count = scans.length
  await clock.advance(3_000)
  t.equal(scans.length, count, 'bad is said once, not once a cycle')
  play.readFault = null
  await clock.advance(6_000)
  t.same(links.map(({ up }) => up), [true, false, true])
  t.equal(scans.at(-1)!.qualities[0], 0)
  await stop()
})

t.test('a PLC that is not there is said to be down once, and asked ever more rarely', async (t) => {
  const { clock, play, scans, links, poller, stop } = bench()
  play.openFault = 'PLC_REFUSED'
  await clock.advance(120_000)
  t.same(links.map(({ up, fault }) => [up, fault]), [[false, 'PLC_REFUSED']])
  t.equal(scans.length, 1)
  const opens = play.seen.filter((seen) => seen === 'open').length
  t.ok(opens >= 6 && opens <= 11, `${opens} tries in two minutes`)
  const { cyclesCount, cyclesMissedCount } = poller.health()
  t.equal(cyclesCount, 0)
  t.ok(Math.abs(cyclesMissedCount - 1_200) <= 1, `${cyclesMissedCount} missed cycles`)
  await stop()
})

t.test('a link that breaks again and again but works in between is opened again soon; one that never works is not', async (t) => {
  const { clock, play, poller, links, stop } = bench()
  for (let i = 0; i < 10; i++) {
    play.readFault = null
    await clock.advance(2_000)
    t.equal(poller.health().state, 'online', `after break ${i}`)
    play.readFault = 'PLC_LINK_LOST'
    await clock.advance(100)
  }
  t.equal(links.filter(({ up }) => up).length, 10)
  // It connects every time, and not one reading comes: a hung PLC is no better than a dead one.
  const before = poller.health().reconnectsCount
  await clock.advance(60_000)
  const more = poller.health().reconnectsCount - before
  t.ok(more >= 5 && more <= 8, `${more} reconnects in a minute`)
  await stop()
})

t.test('a slow tag is read every so many cycles, and at once after a reconnect', async (t) => {
  const { clock, play, stop } = bench({ slow_every: 5, tags: { a: 'DB1,INT0', b: { address: 'DB1,INT2', class: 'slow' } } })
  await clock.advance(1_150)
  t.equal(play.seen.filter((seen) => seen === 'read 0').length, 11)
  t.equal(play.seen.filter((seen) => seen === 'read 1').length, 3)
  play.readFault = 'PLC_LINK_LOST'
  await clock.advance(100)
  play.readFault = null
  const from = play.seen.length
  await clock.advance(1_000)
  t.same(play.seen.slice(from, from + 4), ['open', 'read 0', 'read 1', 'read 0'])
  await stop()
})

t.test('the budget is never exceeded, and a cycle it does not allow is missed and named', async (t) => {
  const { clock, play, poller, stop } = bench({ budget: { requests_per_second: 20, bytes_per_second: 500_000 } })
  play.requests = 5
  await clock.advance(10_050)
  const { requestsCount, cyclesMissedCount, fault } = poller.health()
  t.ok(requestsCount <= 20 * 10 + 20, `${requestsCount} requests in ten seconds`)
  t.ok(requestsCount >= 20 * 9, 'what is allowed is used')
  t.ok(cyclesMissedCount > 40)
  t.equal(fault, 'PLC_BUDGET')
  await stop()
})

t.test('reconnects count against the budget too', async (t) => {
  const { clock, play, poller, stop } = bench({ budget: { requests_per_second: 1, bytes_per_second: 500_000 } })
  play.openFault = 'PLC_REFUSED'
  await clock.advance(20_000)
  t.ok(poller.health().requestsCount <= 22)
  await stop()
})

t.test('a tag that fails by itself is quarantined alone, asked rarely, and forgiven when it is well', async (t) => {
  const { clock, play, scans, links, poller, stop } = bench()
  play.bad = [1]
  await clock.advance(350)
  t.same([...scans[0]!.qualities], [0, 4])
  t.match(poller.health().badTags, [{ tag: 'b', fault: 'TAG_NOT_FOUND' }])
  await clock.advance(500)
  t.equal(play.seen.at(-1), 'read 0 without 1')
  t.same([...scans.at(-1)!.qualities], [0, 8])
  t.equal(links.length, 1, 'the link is fine')
  const asked = (): number => play.seen.filter((seen) => seen === 'read 0').length
  const before = asked()
  await clock.advance(60_000)
  t.equal(asked() - before, 1, 'asked once in a minute')
  play.bad = []
  await clock.advance(60_000)
  t.same([...scans.at(-1)!.qualities], [0, 0])
  t.same(poller.health().badTags, [])
  await stop()
})

t.test('jitter and reading time are what the clock says', async (t) => {
  const { clock, play, poller, stop } = bench()
  play.readMs = 8
  await clock.advance(2_000)
  const { readMs, jitterMs } = poller.health()
  t.ok(Math.abs(readMs.p50 - 8) < 0.2 && Math.abs(readMs.max - 8) < 0.2, JSON.stringify(readMs))
  t.ok(jitterMs.max < 0.01, JSON.stringify(jitterMs))
  await clock.advance(180_000)
  play.readMs = 20
  await clock.advance(500)
  t.ok(Math.abs(poller.health().readMs.max - 20) < 0.5)
  await stop()
})

t.test('a call beyond its worst case shows as overdue, for whoever watches the process', async (t) => {
  const { clock, play, poller, stop } = bench()
  await clock.advance(150)
  play.readMs = 5_000
  await clock.advance(500)
  t.equal(poller.overdueMs(), 0)
  await clock.advance(1_000)
  t.ok(poller.overdueMs() > 0)
  play.readMs = 2
  await clock.advance(5_000)
  t.equal(poller.overdueMs(), 0)
  await stop()
})

t.test('a write may take as long as all of its requests, and no longer', async (t) => {
  for (const [writeRequests, worstMs] of [[1, 300], [2, 600]] as const) {
    const { clock, play, poller, stop } = bench()
    Object.assign(play, { writeRequests, writeMs: 2_000 })
    await clock.advance(150)
    const before = poller.health().requestsCount
    const written = poller.write(0, 0, 7)
    // The cycle at 200 ms writes first; a request may take 200 ms, and half as much again.
    await clock.advance(50 + worstMs - 5)
    t.equal(poller.overdueMs(), 0)
    t.equal(poller.health().requestsCount - before, writeRequests, 'the budget pays for each')
    await clock.advance(10)
    t.ok(poller.overdueMs() > 0)
    await clock.advance(2_000)
    await written
    t.ok(play.seen.includes('write 0 7'))
    t.equal(poller.overdueMs(), 0)
    await stop()
  }
})

t.test('a write that has become too late is not sent: not when its turn comes, and not after the PLC was asked what must be known first', async (t) => {
  const { clock, play, poller, links, stop } = bench()
  const writes = (): string[] => play.seen.filter((what) => what.startsWith('write'))
  await clock.advance(150)
  const waiting = t.rejects(poller.write(0, 0, 1, untilIn(() => 40, clock)), { code: 'STANDBY_FENCED' }, 'the cycle comes after 50 ms')
  await clock.advance(100)
  await waiting
  play.writeMs = 80
  const asking = t.rejects(poller.write(0, 0, 2, untilIn(() => 100, clock)), { code: 'STANDBY_FENCED' }, 'its turn comes in time, its last request does not')
  await clock.advance(200)
  await asking
  t.same(writes(), [])
  const stepped = t.rejects(poller.write(0, 0, 3, untilIn(() => 60_000, clock)), { code: 'STANDBY_FENCED' }, 'a machine that slept has a monotonic clock that stood')
  clock.step(60_000)
  await clock.advance(200)
  await stepped
  t.same(writes(), [])
  const inTime = poller.write(0, 0, 4, untilIn(() => 60_000, clock))
  await clock.advance(200)
  await inTime
  t.same(writes(), ['write 0 4'])
  t.same(links.map(({ up }) => up), [true], 'the link is none the worse for it')
  await stop()
})

t.test('a stopped poller asks nothing more', async (t) => {
  const { clock, play, poller, stop } = bench()
  await clock.advance(150)
  await stop()
  const count = play.seen.length
  await clock.advance(5_000)
  t.equal(play.seen.length, count)
  t.equal(poller.health().state, 'stopped')
})

t.test('a bug in a driver is no fault of the world: it is not swallowed', async (t) => {
  const clock = manualClock(instant(0))
  const plc = plcOf({})
  const { groups } = scanGroupsOf([plc])
  const poller = startPoller({
    plc, groups, clock, chance: seededChance(1), phaseMs: 0, forgottenCount: () => 0, onScan: () => undefined, onLink: () => undefined,
    makeDriver: () => ({ ...scriptedDriver(script(), groups, clock), open: () => Promise.reject(new TypeError('a bug')) }),
  })
  await t.rejects(poller.stop(), { message: 'a bug' })
})
