/** The pollers of some PLCs, and nothing else that could wait or fail: what a driver process or a driver thread does. */

import { assert } from '../base/assert.js'
import { systemChance } from '../base/chance.js'
import { systemClock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import { laterMono } from '../base/units.js'
import { Fault } from '../contract/faults.js'
import type { Plc } from '../contract/plcs.js'
import { familyOf } from './drivers.js'
import { scanGroupsOf } from './groups.js'
import { type Channel, Outbox } from './outbox.js'
import { type FromCrew, type ToCrew, machineMs, packScan } from './parcel.js'
import { type Poller, deadlinesOf, startPoller } from './poller.js'

export class Crew {
  readonly #outbox: Outbox
  readonly #pollers = new Map<string, Poller>()
  readonly #monoToMachineMs = machineMs() - systemClock.mono()

  constructor(channel: Channel) { this.#outbox = new Outbox(channel) }

  /** What the host says, and the place where it wakes what waited for the channel. */
  take(told: ToCrew): void {
    if (told.kind === 'start') this.#start(told.plcs, told.hosted)
    else void this.#write(told)
  }

  /** The channel takes more. */
  goOn(): void { this.#outbox.goOn() }

  #start(plcs: readonly Plc[], hosted: readonly string[]): void {
    assert(this.#pollers.size === 0, 'a crew is started once')
    const outbox = this.#outbox
    const { groups } = scanGroupsOf(plcs)
    for (const [position, plc] of plcs.entries()) {
      if (!hosted.includes(plc.id)) continue
      const family = familyOf(plc)
      assert(typeof family !== 'string', 'the host starts only PLCs that have a driver')
      const own = groups.filter((group) => group.plc === plc.id)
      this.#pollers.set(plc.id, startPoller({
        plc, groups: own, clock: systemClock, chance: systemChance.fork(plc.id),
        phaseMs: plc.cycle * position / plcs.length,
        forgottenCount: () => outbox.forgottenCount(plc.id),
        makeDriver: () => family.make(plc, own, deadlinesOf(plc)),
        onScan: (scan) => { outbox.scan(plc.id, scan.group, { kind: 'scan', parcel: packScan(scan, this.#monoToMachineMs), texts: [...scan.texts] }) },
        onLink: (change) => { outbox.send({ kind: 'link', change: { ...change, mono: laterMono(change.mono, this.#monoToMachineMs) } }) },
      }))
    }
    void this.#beat()
  }

  async #beat(): Promise<void> {
    for (;;) {
      const pollers = [...this.#pollers.values()]
      if (!pollers.some((poller) => poller.overdueMs() > 0)) this.#outbox.send({ kind: 'health', plcs: pollers.map((poller) => poller.health()) })
      await systemClock.wait(laterMono(systemClock.mono(), limits.crewBeatMs))
    }
  }

  async #write({ id, plc, group, tag, value, until }: Extract<ToCrew, { kind: 'write' }>): Promise<void> {
    let answer: FromCrew = { kind: 'written', id, fault: null, detail: '' }
    try {
      await this.#pollers.get(plc)?.write(group, tag, value, until)
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      answer = { kind: 'written', id, fault: thrown.code, detail: thrown.message }
    }
    this.#outbox.send(answer)
  }
}
