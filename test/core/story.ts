/** Stories: a shift told as text, with the facts it must give. Every story also restarts the line in its middle. */

import { type Instant, instant, instantOf, rfc3339 } from '../../src/base/units.js'
import type tap from 'tap'
import { parse } from 'yaml'
import { type Command, commands } from '../../src/contract/commands.js'
import { type Config, config } from '../../src/contract/config.js'
import { type Draft, type FactName, catalogue } from '../../src/contract/events/catalogue.js'
import type { Input, SignalValue } from '../../src/contract/inputs.js'
import { apply } from '../../src/core/apply.js'
import { solve } from '../../src/core/line.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import type { Line } from '../../src/core/memory/memory.js'
import { type LinePlan, linePlans } from '../../src/core/time/plan.js'

const DAY = '2026-03-24'
/** Facts that only stories which speak of them compare. */
const QUIET: readonly FactName[] = ['product_changed', 'shift_started', 'shift_ended', 'count_recorded', 'oee_recorded', 'plc_fault', 'plc_fault_cleared']

export const at = (time: string): Instant => instantOf(`${DAY}T${time.length === 8 ? `${time}.000` : time}Z`)!

/** One packing line: a filler that feeds a bagger, the constraint, that feeds a palletizer. YAML overrides the bagger, the palletizer, the line and the rest; `latches` are more signals of each. */
export function planOf({ bagger = '', palletizer = '', line = '', rest = '', latches = '' }: { bagger?: string; palletizer?: string; line?: string; rest?: string; latches?: string } = {}): LinePlan {
  const own = parse(bagger) as Record<string, unknown> | null
  const signals = { running: 'plc/r', fault: 'plc/f', blocked: 'plc/b', starved: 'plc/s', changeover: 'plc/c', total_count: 'plc/t', reject_count: 'plc/j', fault_word: 'plc/w', first_out: 'plc/o', speed: 'plc/v', state: 'plc/st', mode: 'plc/m', job: 'plc/job', product: 'plc/p', ...parse(latches) as object | null }
  const faults = [
    { bit: 0, code: 'E_STOP', name: 'Emergency stop', severity: 'critical', reason: 'OTHER' },
    { bit: 1, code: 'JAM', name: 'Jam', severity: 'medium', reason: 'MAT_JAM' },
    { bit: 2, code: 'FILM', name: 'Film end', severity: 'medium', reason: 'MAT_SHORTAGE' },
    { bit: 3, code: 'NO_INFEED', name: 'No infeed', severity: 'low', marker: 'upstream', reason: 'UPSTREAM_STOP' },
    { bit: 4, code: 'REFILL', name: 'Refill soon', kind: 'prompt' },
    { bit: 5, code: 'TRIP', name: 'Drive trip', severity: 'high', reason: 'ELEC_FAULT' },
  ]
  const machine = (code: string, more: object) => ({ code, name: code, ideal_cycle: '1s', signals, faults, ...more })
  const made: Config = config.parse({
    version: 1, gateway: { id: 'test' }, plcs: [],
    calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '10:00', end: '10:30' }] }, { name: 'late', start: '14:00', end: '22:00' }] } },
    reasons: [
      { code: 'MAT_JAM', name: 'Jam', is_failure: true }, { code: 'ELEC_FAULT', name: 'Electrical', is_failure: true }, { code: 'MAT_SHORTAGE', name: 'Material', external: true },
      { code: 'UPSTREAM_STOP', name: 'Upstream', external: true }, { code: 'CHANGEOVER', name: 'Changeover', category: 'changeover' }, { code: 'CLEANING', name: 'Cleaning', category: 'planned' },
      { code: 'NO_ORDER', name: 'No order', category: 'excluded' }, { code: 'OTHER', name: 'Other' }, { code: 'PAL_ONLY', name: 'Only there', equipment: ['pal'] },
    ],
    products: [{ code: 'A', ideal_cycle: { bag: '1s' } }, { code: 'B', ideal_cycle: { bag: '2s' } }],
    ...parse(rest) as object | null,
    lines: [{
      id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line 1', calendar: 'day', ...parse(line) as object | null,
      equipment: [machine('fil', {}), machine('bag', { constraint: true, upstream: ['fil'], ...own }), machine('pal', { upstream: ['bag'], ...parse(palletizer) as object | null })],
    }],
  })
  return linePlans(made, 1)[0]!
}

type Test = Pick<typeof tap, 'test'>
export type Asserts = Pick<typeof tap, 'same' | 'equal' | 'fail'>

export interface Told { readonly line: Line; readonly facts: readonly Draft[]; readonly plan: LinePlan }

/**
 * Lines are `time  action  expected facts`, set apart by two spaces or more. An action is signals (`running`, `stopped`, `total=5`),
 * with `since=` and `asked=` for the reading before, a command (`> job_start {job_id: J1}`), or nothing; `fil:` before it names other equipment than the bagger. A fact is its name
 * and words that its body must hold; `@06:10:00` says that it is dated at another time. `refused CODE` is a command told no.
 */
export function story(t: Test, name: string, text: string, options: Parameters<typeof planOf>[0] = {}, after?: (told: Told, t: Asserts) => void): void {
  t.test(name, async (t) => {
    const plan = planOf(options)
    const told = tell(plan, text, t)
    restartsAnywhere(told, t)
    after?.(told, t)
  })
}

export function tell(plan: LinePlan, text: string, t: Asserts): Told {
  let line = openLine(plan, null, [])
  const facts: Draft[] = []
  let now: Instant | null = null
  const quiet = QUIET.filter((type) => !new RegExp(`\\b${type}\\b`).test(text))
  const feed = (input: Input): string[] => {
    const solved = solve(line, input)
    line = solved.line
    for (const fact of solved.drafts) {
      const checked = catalogue[fact.type].body.safeParse(fact.body)
      if (!checked.success) t.fail(`${fact.type} does not fit its schema: ${checked.error.message}`)
    }
    facts.push(...solved.drafts)
    return [...solved.drafts.filter((fact) => !quiet.includes(fact.type)).map(summary), ...solved.refusal === null ? [] : [`refused ${solved.refusal.refused}`]]
  }
  for (const row of text.split('\n').map((one) => one.trim()).filter((one) => one !== '' && !one.startsWith('#'))) {
    const [time = '', action = '', expected = ''] = row.split(/\s{2,}/)
    const then = at(time)
    const found: string[] = []
    for (let beat = now === null ? then : instant(now + 1_000); beat < then; beat = instant(beat + 1_000)) found.push(...feed({ kind: 'beat', at: beat }))
    for (const input of inputsOf(action, then)) found.push(...feed(input))
    found.push(...feed({ kind: 'beat', at: then }))
    const wanted = expected === '' ? [] : expected.split(/,\s*/)
    const fits = wanted.length === found.length && wanted.every((want, n) => matches(found[n]!, want, time))
    if (!fits) t.same(found, wanted, row)
    else t.equal(found.length, wanted.length, row)
    now = then
  }
  return { line, facts, plan }
}

function inputsOf(action: string, then: Instant): Input[] {
  const [, equipment = 'bag', rest = ''] = /^(?:(fil|bag|pal|line): )?(.*)$/.exec(action) ?? []
  if (rest === '' || rest === '-') return []
  if (rest.startsWith('clock ')) return [{ kind: 'clock', at: then, byMs: Number(rest.slice(6)) }]
  const admin = /^admin > (.*)$/.exec(rest)?.[1]
  if (admin !== undefined) return [{ kind: 'command', at: then, command: commandOf(admin, equipment, then, 'admin') }]
  if (rest.startsWith('>')) return [{ kind: 'command', at: then, command: commandOf(rest.slice(1).trim(), equipment, then) }]
  const signals: Record<string, SignalValue> = {}
  const read: { since?: Instant; askedAfter?: Instant } = {}
  for (const word of rest.split(' ')) {
    const [, name, time = ''] = /^(since|asked)=(.*)$/.exec(word) ?? []
    if (name === undefined) Object.assign(signals, signalOf(word))
    else read[name === 'since' ? 'since' : 'askedAfter'] = at(time)
  }
  return [{ kind: 'sample', at: then, equipment, signals, ...read }]
}

function signalOf(word: string): Record<string, SignalValue> {
  const [name = '', value] = word.split('=')
  if (value === undefined) return name === 'running' ? { running: true } : name === 'stopped' ? { running: false } : { [name]: true }
  if (name === 'faults') return { fault_word: value.split('+').filter((bit) => bit !== '').reduce((bits, bit) => bits | (1n << BigInt(bit)), 0n) }
  const full = { total: 'total_count', good: 'good_count', reject: 'reject_count' }[name] ?? name
  return { [full]: value === 'null' ? null : value === 'off' ? false : value === 'on' ? true : Number.isNaN(Number(value)) ? value : Number(value) }
}

export function commandOf(words: string, equipment: string, then: Instant, role = 'supervisor'): Command {
  const [, name = '', body = ''] = /^(\w+)\s*(.*)$/.exec(words) ?? []
  const kind = commands[name as keyof typeof commands]
  return {
    name, at: then, line: 'L1', equipment: equipment === 'line' ? null : equipment, key: null, by: { id: 'ana', name: 'ana', role, lines: null }, body: kind.body.parse(parse(body) ?? {}),
  } as unknown as Command
}

/** A fact as its name and the words that tell it apart. */
function summary(fact: Draft): string {
  const words = Object.entries(fact.body as Record<string, unknown>).flatMap(([key, value]) => wordsOf(key, value))
  return [fact.type, ...words, `of=${fact.equipment}`, `@${rfc3339(fact.at).slice(11, 23).replace('.000', '')}`].join(' ')
}

function wordsOf(key: string, value: unknown): string[] {
  if (value === null) return [`${key}=null`]
  if (Array.isArray(value)) {
    const joined = value.map((one) => (typeof one === 'object' ? (one as { rule?: string }).rule : one)).join('+')
    return [`${key}=${joined}`, joined]
  }
  if (typeof value === 'object') return Object.entries(value).flatMap(([inner, one]) => wordsOf(`${key}.${inner}`, one))
  const short = /^\d{4}-\d\d-\d\dT/.test(String(value)) ? String(value).slice(11, 23).replace('.000Z', '').replace('.000', '') : String(value)
  return [`${key}=${short}`, ...value === true ? [key] : [], short]
}

function matches(found: string, wanted: string, time: string): boolean {
  const words = found.split(' ')
  const [type, ...rest] = wanted.split(' ')
  if (words[0] !== type) return false
  if (type !== 'refused' && !rest.some((word) => word.startsWith('@')) && !words.includes(`@${time}`)) return false
  return rest.every((word) => words.includes(word))
}

/** A snapshot at any place and the facts after it give the same line as living through it. */
function restartsAnywhere({ line, facts, plan }: Told, t: Asserts): void {
  const whole = facts.reduce(apply, openLine(plan, null, []))
  t.same(durable(whole), durable(line), 'facts alone rebuild the line')
  for (const cut of [0.3, 0.7].map((share) => Math.floor(facts.length * share))) {
    const before = facts.slice(0, cut).reduce(apply, openLine(plan, null, []))
    t.same(durable(facts.slice(cut).reduce(apply, openLine(plan, snapshotOf(before), []))), durable(whole), `a restart after fact ${cut}`)
  }
}

/** What facts made. The loss trees close their minutes as time goes on, which no fact says. */
export function durable(line: Line): unknown {
  const kept = JSON.parse(snapshotOf(line)) as { underWay?: unknown; equipment: { losses?: unknown }[] }
  delete kept.underWay
  for (const equipment of kept.equipment) delete equipment.losses
  return kept
}

