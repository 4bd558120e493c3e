/** The reading in which the PLC names another job: its parts are split where the PLC latched the final counts of the job before (domain note 4.8). */

import { type EquipmentConfig, latchSignals } from '../../contract/config.js'
import type { Sample } from '../../contract/inputs.js'
import { type Counter, type CounterRule, type SplitRead, splitCounter } from '../memory/counter.js'
import { configAt, equipmentAt } from '../memory/lookups.js'
import { type CounterName, type JobChange, type Line, type Signals, counterNames } from '../memory/memory.js'
import { type Counted, type CounterRead, counterBefore, countedOf, rawOf, readBefore } from './counts.js'
import { decidePlcJob } from './jobs.js'

/** What is of the job before, and what of the one that begins; `null` where nothing is. The first of them says how they were told apart. */
export interface JobSplit { readonly until: Counted | null; readonly since: Counted | null }

const hasLatch = ({ jobs, signals }: EquipmentConfig, name: CounterName): boolean => jobs.from_plc && signals[latchSignals[name]] !== undefined

/**
 * `reads` are by the rules of counters alone. `null` where it is no change of jobs, no counter has a latch, or nothing was counted.
 * The latches of all counters are one: where one of them cannot be, none is believed. A counter without one stays with the job before.
 */
export function splitAtJob(line: Line, i: number, sample: Sample, signals: Signals, reads: readonly CounterRead[]): JobSplit | null {
  const equipment = equipmentAt(line, i)
  const latches = counterNames.filter((name) => hasLatch(configAt(line, i), name))
  if (latches.length === 0 || signals.job === null || signals.job === equipment.seen.signals.job) return null
  const drafts = decidePlcJob(line, i, String(signals.job), sample.at)
  if (drafts.length === 0) return null

  const looks = looked(latches, (name, anew) => look(line, i, name, sample, signals, anew))
  // The first reading of all is a beginning, and nothing to tell apart.
  if (looks.every(({ before }) => before === null)) return null
  const splits = looks.flatMap(({ split }) => split ?? [])
  const isSplit = splits.length === looks.length
  if (reads.length === 0 && !splits.some(({ until, since }) => until.steps.length > 0 || since.steps.length > 0)) return null

  const started = drafts.find((fact) => fact.type === 'job_started')
  const jobChange: JobChange = {
    from_job: equipment.job, to_job: started?.body.job_id ?? null,
    rule: isSplit ? 'split_at_latched' : 'all_to_earlier_job', counters: looks.map(({ evidence }) => evidence),
  }
  const rules = line.rules[i]!
  if (!isSplit) return { until: { ...countedOf(equipment, rules, reads), jobChange }, since: null }
  const half = (which: keyof SplitRead): CounterRead[] => looks.flatMap(({ name, rule, before, split }) =>
    (split === null || rule === undefined || split[which].steps.length === 0 ? [] : [{ name, rule, before, after: split[which] }]))
  const until = countedOf(equipment, rules, [...half('until'), ...reads.filter(({ name }) => !latches.includes(name))])
  const since = half('since')
  if (since.length === 0) return { until: { ...until, jobChange }, since: null }
  const after = countedOf({ ...equipment, seen: { ...equipment.seen, counters: until.counters } }, rules, since)
  return until.steps.length === 0 ? { until: null, since: { ...after, jobChange } } : { until: { ...until, jobChange }, since: after }
}

/** Just below the top a reset looks like a rollover; beside a counter that cannot but have begun anew it was a reset. */
function looked(names: readonly CounterName[], one: (name: CounterName, anew: boolean) => Look): Look[] {
  const first = names.map((name) => one(name, false))
  const isReset = first.some(({ split }) => split?.since.steps.some(({ rule }) => rule === 'reset') === true)
  return isReset ? names.map((name) => one(name, true)) : first
}

interface Look {
  readonly name: CounterName
  readonly rule: CounterRule | undefined
  readonly before: Counter | null
  /** `null` where the latch is not believed. */
  readonly split: SplitRead | null
  readonly evidence: JobChange['counters'][number]
}

function look(line: Line, i: number, name: CounterName, sample: Sample, signals: Signals, anew: boolean): Look {
  const equipment = equipmentAt(line, i)
  const rule = line.rules[i]!.counters[name]
  const before = counterBefore(equipment, name)
  const latched = signals[latchSignals[name]]
  const after = rule === undefined ? null : rawOf(sample, name, before, rule) ?? (name in sample.signals ? null : before?.raw ?? null)
  const evidence = { signal: name, before: before?.raw ?? null, latched: typeof latched === 'number' ? latched : null, after }
  const none = { name, rule, before, split: null }
  if (rule === undefined || before === null || after === null || before.doubt !== null) return { ...none, evidence: { ...evidence, finding: 'not_read' } }
  if (typeof latched !== 'number') return { ...none, evidence: { ...evidence, finding: 'not_latched' } }
  const split = splitCounter(before, latched, after, sample.at, readBefore(equipment, before, sample), rule, anew || rule.resets === 'job')
  return { ...none, split, evidence: { ...evidence, finding: split === null ? 'not_between' : 'between' } }
}
