/** The field: a crew for each kind of driver, watched, started again when it ends, and every scan it sends. */

import { given } from '../base/assert.js'
import type { Chance } from '../base/chance.js'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { type Ms, mono } from '../base/units.js'
import { Fault, type FaultCode } from '../contract/faults.js'
import type { Plc } from '../contract/plcs.js'
import type { LinkChange, PlcHealth, Scan, ScanGroup } from '../contract/scan.js'
import { tellAbsence } from './absence.js'
import { type BadAddress, scanGroupsOf } from './groups.js'
import type { Housing } from './housing.js'
import { type FromCrew, machineMs, untilIn, unpackScan } from './parcel.js'
import { phasesOf } from './phases.js'
import { badScan } from './poller.js'
import { type Ward, startWard } from './ward.js'

export interface FieldParts {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Called for every scan, good or bad, as it arrives. The scan is the callee's to keep. */
  readonly onScan: (scan: Scan) => void
  /** Called once for every change; a PLC that was never up is first said to be down when it fails. */
  readonly onLink: (change: LinkChange) => void
}

export interface Field {
  /** Scans refer to these by index. */
  readonly groups: readonly ScanGroup[]
  /** Tags and PLCs of the configuration that nobody can read; the others are read. */
  readonly bad: readonly BadAddress[]
  /** One per PLC, in the order of the configuration. */
  health(): PlcHealth[]
  /**
   * Writes a tag that the configuration calls writable. Rejects with a `Fault`: TAG_PROTECTED for all others, and STANDBY_FENCED when it could
   * not be handed to the PLC before what `leftMs` then said was left had passed; then it was not. Default: however long it takes.
   */
  write(plc: string, tag: string, value: number | boolean | string | bigint, leftMs?: () => Ms): Promise<void>
  /** Ends every crew; resolves when they are gone. */
  stop(): Promise<void>
}

export function startField(plcs: readonly Plc[], parts: FieldParts): Field {
  return new Host(plcs, parts)
}

interface Link { readonly up: boolean | null; readonly health: PlcHealth | null }

class Host implements Field {
  readonly groups: readonly ScanGroup[]
  readonly bad: readonly BadAddress[]
  readonly #plcs: readonly Plc[]
  readonly #parts: FieldParts
  readonly #monoToMachineMs: number
  readonly #links = new Map<string, Link>()
  readonly #wards = new Map<string, Ward>()
  /** By PLC that is gone: ends the telling of it. */
  readonly #absences = new Map<string, () => void>()
  readonly #writes = new Map<number, { readonly plc: string; readonly done: () => void; readonly failed: (fault: Fault) => void }>()
  #writesCount = 0

  constructor(plcs: readonly Plc[], parts: FieldParts) {
    const { groups, bad } = scanGroupsOf(plcs)
    this.groups = groups
    this.bad = bad
    this.#plcs = plcs
    this.#parts = parts
    this.#monoToMachineMs = machineMs() - parts.clock.mono()
    for (const { path, message } of bad) parts.log.warn('not read', { path, message })
    const phases = phasesOf(plcs)
    for (const { housing, members } of this.#crews()) {
      const hosted = members.map(({ id }) => id)
      const ward = startWard({
        clock: parts.clock, chance: parts.chance.fork(hosted[0]!), log: parts.log, housing, poolThreadsCount: poolThreadsOf(members),
        start: { kind: 'start', plcs: members.map((plc) => ({ plc, groups: groups.filter((group) => group.plc === plc.id), phaseMs: given(phases.get(plc.id), 'a phase for each PLC') })) },
        onMessage: (message) => { this.#take(message) },
        onEnd: (fault) => { this.#crewEnded(hosted, fault) },
      })
      for (const plc of hosted) this.#wards.set(plc, ward)
    }
  }

  health(): PlcHealth[] {
    return this.#plcs.map((plc) => {
      const health = this.#links.get(plc.id)?.health ?? unknownHealth(plc, this.#parts.clock)
      const unreadable = this.bad.filter((bad) => bad.plc === plc.id && bad.tag !== null)
        .map((bad) => ({ tag: bad.tag!, quality: 'not_read' as const, fault: bad.fault, detail: bad.message }))
      const missing = this.bad.some((bad) => bad.plc === plc.id && bad.tag === null)
      return { ...health, fault: missing ? 'DRIVER_MISSING' as const : health.fault, badTags: [...unreadable, ...health.badTags] }
    })
  }

  async write(plc: string, tag: string, value: number | boolean | string | bigint, leftMs?: () => Ms): Promise<void> {
    const until = leftMs === undefined ? null : untilIn(leftMs, this.#parts.clock)
    const configured = this.#plcs.find(({ id }) => id === plc)?.tags[tag]
    if (configured?.writable !== true) throw new Fault('TAG_PROTECTED', { plc, tag, detail: 'the configuration does not call it writable' })
    const group = this.groups.find((group) => group.plc === plc && group.tags.some(({ name }) => name === tag))
    const ward = this.#wards.get(plc)
    if (group === undefined || ward === undefined || this.#writes.size >= limits.commandsMax) throw new Fault('TAG_NOT_FOUND', { plc, tag })
    const id = ++this.#writesCount
    const position = group.tags.findIndex(({ name }) => name === tag)
    await new Promise<void>((done, failed) => {
      this.#writes.set(id, { plc, done, failed })
      if (!ward.tell({ kind: 'write', id, plc, group: group.index, tag: position, value, until })) { this.#writes.delete(id); failed(new Fault('DRIVER_CRASHED', { plc })) }
    })
  }

  async stop(): Promise<void> {
    for (const end of this.#absences.values()) end()
    await Promise.all([...new Set(this.#wards.values())].map((ward) => ward.stop()))
  }

  /** The PLCs of each crew: those housed alike share one, unless they are too many for select() in snap7, or a PLC asks for a process of its own. */
  #crews(): { readonly housing: Housing; readonly members: readonly Plc[] }[] {
    const crews = new Map<string, { readonly housing: Housing; readonly members: Plc[] }>()
    let nativeCount = 0
    for (const plc of this.#plcs) {
      if (!this.groups.some((group) => group.plc === plc.id)) continue
      const housing = plc.isolation === 'process' || !isOurs(plc) ? 'process' : 'thread'
      const name = plc.isolation === 'process' ? `process of ${plc.id}` : isNative(plc) ? `native ${Math.floor(nativeCount++ / limits.plcsPerNativeCrewMax)}` : isHeavy(plc) ? 'heavy' : housing
      const crew = crews.get(name) ?? { housing, members: [] }
      crew.members.push(plc)
      crews.set(name, crew)
    }
    return [...crews.values()]
  }

  #take(message: FromCrew): void {
    const { onScan, log } = this.#parts
    switch (message.kind) {
      case 'scan': {
        const scan = unpackScan(message.parcel, message.texts, this.groups, this.#monoToMachineMs)
        if (scan === null) return log.error('a scan of no group was dropped', { bytes: message.parcel.length })
        return onScan(scan)
      }
      case 'link':
        return this.#changeLink({ ...message.change, mono: mono(message.change.mono - this.#monoToMachineMs) })
      case 'health':
        for (const health of message.plcs) this.#links.set(health.plc, { up: this.#links.get(health.plc)?.up ?? null, health })
        return
      case 'written': {
        const write = this.#writes.get(message.id)
        this.#writes.delete(message.id)
        if (message.fault === null) write?.done()
        else write?.failed(new Fault(message.fault, { detail: message.detail }))
      }
    }
  }

  /** Nobody reads these PLCs now: their values are bad at once, whether or not the PLCs are well. */
  #crewEnded(hosted: readonly string[], fault: FaultCode): void {
    const { clock, onScan, log } = this.#parts
    log.error('drivers ended', { fault, plcs: hosted })
    for (const [id, write] of this.#writes) {
      if (!hosted.includes(write.plc)) continue
      this.#writes.delete(id)
      write.failed(new Fault(fault, { plc: write.plc }))
    }
    for (const plc of hosted) {
      const { health = null, up = null } = this.#links.get(plc) ?? {}
      if (health !== null) this.#links.set(plc, { up, health: { ...health, state: 'backoff', fault, detail: null, since: clock.now() } })
      if (up !== false) this.#changeLink({ plc, at: clock.now(), mono: clock.mono(), up: false, fault })
      for (const group of this.groups) if (group.plc === plc) onScan(badScan(group, fault, clock.now(), clock.mono()))
    }
  }

  #changeLink(change: LinkChange): void {
    const before = this.#links.get(change.plc)
    // A fresh crew says "down" of a PLC that is known to be down.
    if (before?.up === change.up) return
    this.#links.set(change.plc, { up: change.up, health: before?.health ?? null })
    const { clock, log, onLink, onScan } = this.#parts
    if (change.up) log.info('plc link up', { plc: change.plc })
    else log.warn('plc link lost', { plc: change.plc, fault: change.fault })
    onLink(change)
    this.#absences.get(change.plc)?.()
    this.#absences.delete(change.plc)
    if (!change.up) {
      this.#absences.set(change.plc, tellAbsence({ clock, groups: this.groups.filter(({ plc }) => plc === change.plc), fault: change.fault ?? 'PLC_LINK_LOST', onScan }))
    }
  }
}

/** Sessions that we wrote are plain JavaScript over a socket. What others wrote may be native, may block, and may take its process down. */
const isOurs = (plc: Plc): boolean => (plc.driver === 's7' && plc.transport === 'pipelined') || plc.driver === 'eip' || plc.driver === 'trace'

/** Blocks threads of its process's pool, and looks its files up with select(). */
const isNative = (plc: Plc): boolean => plc.driver === 's7' && plc.transport === 'snap7'

/** Its library is larger than all others together, and nobody else is to fall with it. */
const isHeavy = (plc: Plc): boolean => plc.driver === 'opcua'

/** Blocked calls must never wait for each other: a thread for each call of snap7, or for looking up a name, and some to spare. */
export const poolThreadsOf = (plcs: readonly Plc[]): number => Math.max(16, plcs.reduce((sum, plc) => sum + (isNative(plc) ? limits.snap7ClientsMax : 1), 4))

/** What can be said of a PLC before its crew has said anything. */
function unknownHealth(plc: Plc, clock: Clock): PlcHealth {
  const none = { p50: 0, p99: 0, max: 0 }
  return {
    plc: plc.id, state: 'idle', fault: null, detail: null, since: clock.now(), pduBytes: null, pduFill: null, requestsPerScan: 0, cycleMs: plc.cycle, jitterMs: none, readMs: none,
    cyclesCount: 0, cyclesMissedCount: 0, requestsCount: 0, bytesCount: 0, reconnectsCount: 0, scansForgottenCount: 0, badTags: [],
  }
}
