/** What a configuration makes of the house: what is read, which signal it feeds, on which line, by which plan. */

import { isDeepStrictEqual } from 'node:util'
import { given } from '../base/assert.js'
import type { Config } from '../contract/config.js'
import type { ScanGroup } from '../contract/scan.js'
import { type LinePlan, linePlans } from '../core/time/plan.js'
import { scanGroupsOf } from '../field/groups.js'
import { type GroupPlan, refOf, signalPlan } from '../signals/plan.js'
import { Sampler } from '../signals/sampler.js'

export interface Arrangement {
  readonly config: Config
  readonly version: number
  readonly groups: readonly ScanGroup[]
  readonly signals: readonly GroupPlan[]
  readonly sampler: Sampler
  readonly plans: readonly LinePlan[]
  /** Codes. */
  readonly lines: ReadonlySet<string>
  /** The code of the line an equipment stands in. */
  readonly lineOf: (equipment: string) => string
  readonly linesOfPlc: (plc: string) => readonly string[]
  readonly plcsOfLine: (line: string) => ReadonlySet<string>
  readonly plcsOfEquipment: (equipment: string) => ReadonlySet<string>
  /** Whether the samples of a tag are kept: those that feed a signal are, unless the tag says otherwise. */
  readonly isRecorded: (plc: string, tag: string) => boolean
}

/** Signals that are made as they were before go on as they are; a new sampler reads all of them anew. */
export function arrangementOf(config: Config, version: number, before: Arrangement | null = null): Arrangement {
  const { groups } = scanGroupsOf(config.plcs)
  const signals = signalPlan(config, groups)
  const same = before !== null && isDeepStrictEqual(before.config.plcs, config.plcs) && isDeepStrictEqual(before.signals, signals)
  return { config, version, groups, signals, sampler: same ? before.sampler : new Sampler(signals), plans: linePlans(config, version), ...wiringOf(config) }
}

type Wiring = Omit<Arrangement, 'config' | 'version' | 'groups' | 'signals' | 'sampler' | 'plans'>

function wiringOf(config: Config): Wiring {
  const lineOfEquipment = new Map<string, string>()
  const plcsOfEquipment = new Map<string, ReadonlySet<string>>()
  const bound = new Set<string>()
  for (const line of config.lines) {
    for (const equipment of line.equipment) {
      const refs = Object.values(equipment.signals).map((signal) => refOf(signal.tag))
      for (const { plc, tag } of refs) bound.add(`${plc}/${tag}`)
      lineOfEquipment.set(equipment.code, line.code)
      plcsOfEquipment.set(equipment.code, new Set(refs.map(({ plc }) => plc)))
    }
  }
  const plcsOfLine = (code: string): ReadonlySet<string> =>
    new Set(config.lines.find((line) => line.code === code)?.equipment.flatMap((equipment) => [...(plcsOfEquipment.get(equipment.code) ?? [])]))
  const tags = new Map(config.plcs.flatMap((plc) => Object.entries(plc.tags).map(([name, tag]) => [`${plc.id}/${name}`, tag] as const)))
  const linesOfPlc = new Map(config.plcs.map((plc) => [plc.id, config.lines.map((line) => line.code).filter((code) => plcsOfLine(code).has(plc.id))]))
  return {
    lines: new Set(config.lines.map((line) => line.code)),
    lineOf: (equipment: string): string => given(lineOfEquipment.get(equipment), `line of ${equipment}`),
    linesOfPlc: (plc: string): readonly string[] => linesOfPlc.get(plc) ?? [],
    plcsOfLine,
    plcsOfEquipment: (equipment: string): ReadonlySet<string> => plcsOfEquipment.get(equipment) ?? new Set(),
    isRecorded: (plc: string, tag: string): boolean => tags.get(`${plc}/${tag}`)?.record ?? bound.has(`${plc}/${tag}`),
  }
}
