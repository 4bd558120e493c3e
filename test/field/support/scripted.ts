/** A driver that does what a test says, on the test's clock: a real implementation of the port without a PLC. */

import type { Clock } from '../../../src/base/clock.js'
import { type Ms, laterMono } from '../../../src/base/units.js'
import type { Driver, OpenInfo, ReadInfo } from '../../../src/contract/driver.js'
import { Fault, type FaultCode } from '../../../src/contract/faults.js'
import { type Plc, plc } from '../../../src/contract/plcs.js'
import type { ScanGroup } from '../../../src/contract/scan.js'

/** What the PLC behind the driver is like; change it while the test runs. */
export interface Script {
  openFault: FaultCode | null
  readFault: FaultCode | null
  readMs: Ms
  writeMs: Ms
  writeRequests: number
  requests: number
  bytes: number
  /** Tags that fail by themselves. */
  bad: number[]
  /** What happened: opens, closes, reads by group with the tags that were left out. */
  readonly seen: string[]
  /** The most calls that were ever under way at once. */
  callsMost: number
}

export const script = (): Script => ({ openFault: null, readFault: null, readMs: 2, writeMs: 2, writeRequests: 1, requests: 1, bytes: 100, bad: [], seen: [], callsMost: 0 })

export function scriptedDriver(script: Script, groups: readonly ScanGroup[], clock: Clock): Driver {
  let calls = 0
  const call = async <T>(ms: Ms, act: () => T): Promise<T> => {
    script.callsMost = Math.max(script.callsMost, ++calls)
    await clock.wait(laterMono(clock.mono(), ms))
    calls--
    return act()
  }
  return {
    open: () => call(script.readMs, (): OpenInfo => {
      script.seen.push('open')
      if (script.openFault !== null) throw new Fault(script.openFault)
      return { pduBytes: 240, pduFill: 0.5, requestsPerScan: new Map(groups.map((group) => [group.index, script.requests])) }
    }),
    read: (group, into, quarantined) => call(script.readMs, (): ReadInfo => {
      script.seen.push(`read ${group.index}${quarantined.size > 0 ? ` without ${[...quarantined].join(' ')}` : ''}`)
      if (script.readFault !== null) throw new Fault(script.readFault)
      for (const [tag, { slot }] of group.tags.entries()) {
        into.values[slot] = 7
        into.qualities[tag] = quarantined.has(tag) ? 8 : script.bad.includes(tag) ? 4 : 0
      }
      const bad = script.bad.filter((tag) => !quarantined.has(tag))
      return { requestsCount: script.requests, bytesCount: script.bytes, badTags: bad.map((tag) => ({ tag, quality: 'not_found', fault: 'TAG_NOT_FOUND', detail: 'scripted' })) }
    }),
    get writeRequestsCount() { return script.writeRequests },
    write: (_, tag, value, leaves) => call(script.writeMs, () => {
      leaves()
      script.seen.push(`write ${tag} ${value}`)
    }),
    close: async () => { script.seen.push('close') },
  }
}

/** A PLC's configuration, as the schema makes it. */
export const plcOf = (more: Record<string, unknown>): Plc => plc.parse({ id: 'press', driver: 's7', host: '127.0.0.1', cycle: '100ms', tags: { a: 'DB1,INT0', b: 'DB1,INT2' }, ...more })
