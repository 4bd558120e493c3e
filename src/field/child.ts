/** A driver process: the pollers of some PLCs, and nothing else that could wait or fail. Forked by the host. */

import { assert } from '../base/assert.js'
import { systemChance } from '../base/chance.js'
import { systemClock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import { laterMono } from '../base/units.js'
import { Fault } from '../contract/faults.js'
import type { Plc } from '../contract/plcs.js'
import { familyOf } from './drivers.js'
import { scanGroupsOf } from './groups.js'
import { Outbox } from './outbox.js'
import { type FromChild, type ToChild, machineMs, packScan } from './parcel.js'
import { type Poller, deadlinesOf, startPoller } from './poller.js'

const pollers = new Map<string, Poller>()
const monoToMachineMs = machineMs() - systemClock.mono()
const outbox = new Outbox((message, sent) => { process.send?.(message, undefined, {}, sent) })

process.on('message', (message) => {
  // The channel carries only what the host's types allow; both ends are the same build.
  const told = message as ToChild
  if (told.kind === 'start') start(told.plcs, told.hosted)
  else void write(told)
})

// Without its host nobody reads; and an orderly exit would wait for every blocked call in the thread pool.
process.on('disconnect', () => { process.kill(process.pid, 'SIGKILL') })

function start(plcs: readonly Plc[], hosted: readonly string[]): void {
  assert(pollers.size === 0, 'a driver process is started once')
  const { groups } = scanGroupsOf(plcs)
  for (const [position, plc] of plcs.entries()) {
    if (!hosted.includes(plc.id)) continue
    const family = familyOf(plc)
    assert(typeof family !== 'string', 'the host starts only PLCs that have a driver')
    const own = groups.filter((group) => group.plc === plc.id)
    pollers.set(plc.id, startPoller({
      plc, groups: own, clock: systemClock, chance: systemChance.fork(plc.id),
      phaseMs: plc.cycle * position / plcs.length,
      forgottenCount: () => outbox.forgottenCount(plc.id),
      makeDriver: () => family.make(plc, own, deadlinesOf(plc)),
      onScan: (scan) => { outbox.scan(plc.id, scan.group, { kind: 'scan', parcel: packScan(scan, monoToMachineMs), texts: [...scan.texts] }) },
      onLink: (change) => { outbox.send({ kind: 'link', change: { ...change, mono: laterMono(change.mono, monoToMachineMs) } }) },
    }))
  }
  void beat()
}

async function beat(): Promise<void> {
  for (;;) {
    const overdue = [...pollers.values()].some((poller) => poller.overdueMs() > 0)
    if (!overdue) outbox.send({ kind: 'health', plcs: [...pollers.values()].map((poller) => poller.health()) })
    await systemClock.wait(laterMono(systemClock.mono(), limits.childBeatMs))
  }
}

async function write({ id, plc, group, tag, value }: Extract<ToChild, { kind: 'write' }>): Promise<void> {
  let answer: FromChild = { kind: 'written', id, fault: null, detail: '' }
  try {
    await pollers.get(plc)?.write(group, tag, value)
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    answer = { kind: 'written', id, fault: thrown.code, detail: thrown.message }
  }
  outbox.send(answer)
}
