/** The pollers of some PLCs, and nothing else that could wait or fail: what a driver process or a driver thread does. */

import { assert, given } from '../base/assert.js'
import { systemChance } from '../base/chance.js'
import { systemClock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import { laterMono } from '../base/units.js'
import { Fault } from '../contract/faults.js'
import { loadFamily } from './family.js'
import { type Channel, Outbox } from './outbox.js'
import { type FromCrew, type HostedPlc, type ToCrew, machineMs, packScan } from './parcel.js'
import { type Poller, deadlinesOf, startPoller } from './poller.js'

export class Crew {
  readonly #outbox: Outbox
  readonly #pollers = new Map<string, Poller>()
  #started: Promise<void> | null = null
  readonly #monoToMachineMs = machineMs() - systemClock.mono()

  constructor(channel: Channel) { this.#outbox = new Outbox(channel) }

  /** What the host says, and the place where it wakes what waited for the channel. */
  take(told: ToCrew): void {
    if (told.kind === 'write') return void this.#write(told)
    assert(this.#started === null, 'a crew is started once')
    this.#started = this.#start(told.plcs)
  }

  /** The channel takes more. */
  goOn(): void { this.#outbox.goOn() }

  async #start(plcs: readonly HostedPlc[]): Promise<void> {
    const outbox = this.#outbox
    // First all of them: loading holds up whoever polls already.
    const families = new Map(await Promise.all([...new Set(plcs.map(({ plc }) => plc.driver))].map(async (driver) => [driver, await loadFamily(driver)] as const)))
    for (const { plc, groups, phaseMs } of plcs) {
      const family = given(families.get(plc.driver), 'the family of a PLC')
      this.#pollers.set(plc.id, startPoller({
        plc, groups, clock: systemClock, chance: systemChance.fork(plc.id), phaseMs,
        forgottenCount: () => outbox.forgottenCount(plc.id),
        makeDriver: () => family.make(plc, groups, deadlinesOf(plc)),
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
      await this.#started
      await this.#pollers.get(plc)?.write(group, tag, value, until)
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      answer = { kind: 'written', id, fault: thrown.code, detail: thrown.message }
    }
    this.#outbox.send(answer)
  }
}
