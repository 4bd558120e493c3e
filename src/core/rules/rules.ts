/** The rules of each equipment, looked up once from the configuration. */

import type { CounterConfig, EquipmentConfig } from '../../contract/config.js'
import type { CounterRule } from '../memory/counter.js'
import { type CounterName, type EquipmentRules, counterNames } from '../memory/memory.js'
import { type LinePlan, idealMsPerPart, lateMsOf } from '../time/plan.js'

export function rulesOf(plan: LinePlan): EquipmentRules[] {
  return plan.line.equipment.map((config) => ({
    config,
    counters: Object.fromEntries(counterNames.flatMap((name) =>
      (config.signals[name] === undefined ? [] : [[name, counterRule(plan, config, config.counters[name])]]))) as Partial<Record<CounterName, CounterRule>>,
    faults: new Map(config.faults.map((entry) => [entry.bit, entry])),
    late: lateOf(plan, config),
    lateMs: lateMsOf(plan, config.code),
    downstream: plan.line.equipment.filter((other) => other.upstream.includes(config.code)).map((other) => other.code),
  }))
}

function lateOf({ line }: LinePlan, { code, counters, signals }: EquipmentConfig): EquipmentRules['late'] {
  const late = signals['reject_count'] === undefined ? undefined : counters['reject_count']?.late
  return late === undefined ? null : { of: line.equipment.findIndex((one) => one.code === (late.of ?? code)), delayMs: late.delay }
}

/** What the schema gives a counter that the configuration does not mention. */
const plainCounter: CounterConfig = { modulus: 2 ** 32, signed: false, resets: 'any', scale: 1 }

function counterRule(plan: LinePlan, config: EquipmentConfig, counter = plainCounter): CounterRule {
  const fastest = Math.min(idealMsPerPart(plan, config, null), ...[...plan.products.keys()].map((product) => idealMsPerPart(plan, config, product)))
  const { safety, slack, confirm_reads } = config.counts
  return {
    modulus: counter.modulus, signed: counter.signed, resets: counter.resets, partsPerCount: counter.scale,
    idealMsPerCount: fastest * counter.scale, safety, slack, confirmReads: confirm_reads,
  }
}
