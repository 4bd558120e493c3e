/** One tag asked from its PLC directly, once: for when no gateway runs that could tell. */

import { systemClock } from '../base/clock.js'
import { type Instant, sinceMono } from '../base/units.js'
import type { Config } from '../contract/config.js'
import type { DriverFamily } from '../contract/driver.js'
import { Fault } from '../contract/faults.js'
import type { Plc } from '../contract/plcs.js'
import type { PlcHealth, Scan, ScanGroup } from '../contract/scan.js'
import type { ExplainedTag } from '../contract/why.js'
import { familyOf } from '../field/drivers.js'
import { scanGroupsOf } from '../field/groups.js'
import { badScan, deadlinesOf, wordsOf } from '../field/poller.js'
import { LastReadings } from '../gateway/last-readings.js'
import { type TagRef, whyTag } from '../gateway/why.js'
import { signalPlan } from '../signals/plan.js'
import { Sampler } from '../signals/sampler.js'

/** Only this tag is asked for, so that looking costs the PLC next to nothing. */
export async function whyDirectly(config: Config, ref: TagRef, gatewayTrouble: string | null): Promise<ExplainedTag> {
  const plc = config.plcs.find(({ id }) => id === ref.plc)
  const tag = plc?.tags[ref.tag]
  if (plc === undefined || tag === undefined) throw new Fault('TAG_NOT_FOUND', { ...ref })
  const alone: Config = { ...config, plcs: [{ ...plc, tags: { [ref.tag]: tag } }] }
  const { groups } = scanGroupsOf(alone.plcs)
  const asked = await askOnce(alone.plcs[0]!, groups)
  const readings = new LastReadings(groups)
  const sampler = new Sampler(signalPlan(alone, groups))
  if (asked.scan !== null) {
    readings.take(asked.scan)
    sampler.samples(asked.scan)
  }
  return whyTag({ asked: 'plc', gatewayTrouble, reached: () => true, config: alone, groups, sampler, readings, health: [asked.health] }, ref, systemClock.now())
}

async function askOnce(plc: Plc, groups: readonly ScanGroup[]): Promise<{ readonly health: PlcHealth; readonly scan: Scan | null }> {
  const from = systemClock.now()
  const family = familyOf(plc)
  const [group] = groups
  if (typeof family === 'string') return { health: healthOf(plc, from, { state: 'stopped', fault: 'DRIVER_MISSING', detail: family }), scan: null }
  if (group === undefined) return { health: healthOf(plc, from, {}), scan: null }
  try {
    return await readWith(family, plc, group, from)
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return { health: healthOf(plc, from, { state: 'backoff', fault: thrown.code, detail: wordsOf(thrown) }), scan: badScan(group, thrown.code, systemClock.now(), systemClock.mono()) }
  }
}

async function readWith(family: DriverFamily, plc: Plc, group: ScanGroup, from: Instant): Promise<{ readonly health: PlcHealth; readonly scan: Scan }> {
  const driver = family.make(plc, [group], deadlinesOf(plc))
  try {
    const { pduBytes, pduFill } = await driver.open()
    const begun = systemClock.mono()
    const scan = { group: 0, values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length).fill(1), texts: new Map<number, string>() }
    const { badTags, requestsCount, bytesCount } = await driver.read(group, scan, new Set())
    const at = systemClock.mono()
    const ms = sinceMono(at, begun)
    const bad = badTags.map(({ quality, fault, detail }) => ({ tag: group.tags[0]!.name, quality, fault, detail }))
    return {
      health: healthOf(plc, from, { state: 'online', pduBytes, pduFill, requestsPerScan: requestsCount, requestsCount, bytesCount, readMs: { p50: ms, p99: ms, max: ms }, badTags: bad }),
      scan: { ...scan, at: systemClock.now(), mono: at },
    }
  } finally {
    await driver.close()
  }
}

function healthOf(plc: Plc, since: Instant, found: Partial<PlcHealth>): PlcHealth {
  const none = { p50: 0, p99: 0, max: 0 }
  return {
    plc: plc.id, state: 'idle', fault: null, detail: null, since, pduBytes: null, pduFill: null, requestsPerScan: 0, cycleMs: plc.cycle, jitterMs: none, readMs: none,
    cyclesCount: 0, cyclesMissedCount: 0, requestsCount: 0, bytesCount: 0, reconnectsCount: 0, scansForgottenCount: 0, badTags: [], ...found,
  }
}
