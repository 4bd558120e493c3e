/** Reads a trace: lines of JSON into what a line is told, or everything that is wrong with them. */

import { type Instant, instantOf, later, rfc3339 } from '../base/units.js'
import { type Command, commands } from '../contract/commands.js'
import type { Config } from '../contract/config.js'
import type { Input, SignalValue } from '../contract/inputs.js'
import { unknown } from '../contract/misfit.js'
import type { z } from '../contract/schema.js'
import { type TraceCommand, type TraceSample, traceCommand, traceLink, traceSample, traceStep } from '../contract/trace.js'
import { refOf } from '../signals/plan.js'

/** One thing that one line of the plant is told. */
export interface Told { readonly line: string; readonly input: Input }

/** All that happens at one instant, in the order of the trace. */
export interface Moment { readonly at: Instant; readonly told: readonly Told[] }

export interface TraceError { readonly line: number; readonly message: string }

/**
 * The moments of a trace, in order; or its errors, at most `ERRORS_MAX` of them, by line number from 1 on. Empty lines mean nothing.
 * Equipment, PLCs and lines must be those of the configuration.
 */
export function readTrace(text: string, config: Config): { readonly moments: readonly Moment[] } | { readonly errors: readonly TraceError[] } {
  const plant = plantOf(config)
  const errors: TraceError[] = []
  const steps: Step[] = []
  let number = 0
  let now: number = -Infinity
  for (const line of linesOf(text)) {
    number++
    if (line === '') continue
    const step = stepOf(line, plant)
    if (typeof step === 'string') errors.push({ line: number, message: step })
    else if (step.at < now) errors.push({ line: number, message: `at: ${rfc3339(step.at)} is earlier than the line before` })
    else {
      steps.push(step)
      now = step.kind === 'clock' ? step.at + step.byMs : step.at
    }
    if (errors.length === ERRORS_MAX) break
  }
  return errors.length > 0 ? { errors } : { moments: momentsOf(steps, plant) }
}

const ERRORS_MAX = 100

function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = text.indexOf('\n', from)
    const to = end === -1 ? text.length : end
    yield text.slice(from, to).trim()
    from = to + 1
  }
}

/* ── the plant ───────────────────────────────────────────────────────────────────────────────── */

/** What a PLC feeds of an equipment, and how long a gap of it is bridged. */
interface Fed { readonly line: string; readonly equipment: string; readonly signals: readonly string[]; readonly bridgedMs: number }

interface Plant {
  readonly lines: readonly string[]
  readonly lineOf: ReadonlyMap<string, string>
  readonly fedBy: ReadonlyMap<string, readonly Fed[]>
}

function plantOf(config: Config): Plant {
  const lineOf = new Map<string, string>()
  const fedBy = new Map<string, Fed[]>(config.plcs.map((plc) => [plc.id, []]))
  for (const line of config.lines) for (const equipment of line.equipment) {
    lineOf.set(equipment.code, line.code)
    for (const plc of config.plcs) {
      const signals = Object.entries(equipment.signals).filter(([, signal]) => refOf(signal.tag).plc === plc.id).map(([name]) => name)
      if (signals.length > 0) fedBy.get(plc.id)!.push({ line: line.code, equipment: equipment.code, signals, bridgedMs: equipment.hold_polls * plc.cycle })
    }
  }
  return { lines: config.lines.map(({ code }) => code), lineOf, fedBy }
}

/* ── one line ────────────────────────────────────────────────────────────────────────────────── */

type Step =
  | { readonly kind: 'told'; readonly at: Instant; readonly told: Told }
  | { readonly kind: 'link'; readonly at: Instant; readonly plc: string; readonly up: boolean }
  | { readonly kind: 'clock'; readonly at: Instant; readonly byMs: number }

/** What the line says, or what is wrong with it. */
function stepOf(line: string, plant: Plant): Step | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'no JSON'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'a JSON object was expected'
  if ('signals' in value) return fitting(traceSample, value, (sample) => sampleOf(sample, plant))
  if ('link' in value) return fitting(traceLink, value, ({ at, plc, link }) => plant.fedBy.has(plc) ? { kind: 'link', at: instantOf(at)!, plc, up: link === 'up' } : `plc: ${unknown('PLC', plc, [...plant.fedBy.keys()])}`)
  if ('command' in value) return fitting(traceCommand, value, ({ at, command }) => commandOf(instantOf(at)!, command, plant))
  if ('wall_clock_step_ms' in value) return fitting(traceStep, value, ({ at, wall_clock_step_ms: byMs }) => ({ kind: 'clock', at: instantOf(at)!, byMs }))
  return 'a sample has `signals`, a link `link`, a command `command`, a step of the clock `wall_clock_step_ms`'
}

function fitting<T>(schema: z.ZodType<T>, value: unknown, then: (fit: T) => Step | string): Step | string {
  const fit = schema.safeParse(value)
  return fit.success ? then(fit.data) : sentenceOf(fit.error.issues)
}

const sentenceOf = (issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]): string =>
  issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)).join('; ')

function sampleOf({ at: text, equipment, signals }: TraceSample, plant: Plant): Step | string {
  const line = plant.lineOf.get(equipment)
  if (line === undefined) return `equipment: ${unknown('equipment', equipment, [...plant.lineOf.keys()])}`
  const word = signals['fault_word']
  if (word !== undefined && word !== null && !isWord(word)) return 'signals.fault_word: a whole number, or one as decimal text, was expected'
  const at = instantOf(text)!
  const values: Readonly<Record<string, SignalValue>> = typeof word === 'string' ? { ...signals, fault_word: BigInt(word) } : signals
  return { kind: 'told', at, told: { line, input: { kind: 'sample', at, equipment, signals: values } } }
}

const isWord = (word: number | boolean | string): boolean => (typeof word === 'number' ? Number.isSafeInteger(word) && word >= 0 : typeof word === 'string' && /^\d{1,310}$/.test(word))

function commandOf(at: Instant, { name, line: named, equipment, body: given, by }: TraceCommand, plant: Plant): Step | string {
  const line = named ?? (equipment === null ? plant.lines.length === 1 ? plant.lines[0] : undefined : plant.lineOf.get(equipment))
  if (equipment !== null && !plant.lineOf.has(equipment)) return `command.equipment: ${unknown('equipment', equipment, [...plant.lineOf.keys()])}`
  if (line === undefined) return 'command.line: which of the lines?'
  if (!plant.lines.includes(line)) return `command.line: ${unknown('line', line, plant.lines)}`
  const body = commands[name].body.safeParse(given ?? {})
  if (!body.success) return `command.body: ${sentenceOf(body.error.issues)}`
  // Name and body were matched by the schema of that name, which the type cannot follow.
  const command = { name, at, line, equipment, key: null, by: { id: by, name: by, role: 'admin', lines: null }, body: body.data } as unknown as Command
  return { kind: 'told', at, told: { line, input: { kind: 'command', at, command } } }
}

/* ── moments ─────────────────────────────────────────────────────────────────────────────────── */

/** What happens at the same instant is one moment. Links become what they mean for the signals behind them. */
function momentsOf(steps: readonly Step[], plant: Plant): Moment[] {
  const moments: { at: Instant; told: Told[] }[] = []
  const say = (at: Instant, told: readonly Told[]) => {
    const last = moments.at(-1)
    if (last?.at === at) last.told.push(...told)
    else moments.push({ at, told: [...told] })
  }
  let blind: { readonly plc: string; readonly from: Instant; readonly due: Instant; readonly fed: Fed }[] = []
  const sayBlindUntil = (at: number) => {
    const due = blind.filter((one) => one.due <= at).sort((one, other) => one.due - other.due)
    blind = blind.filter((one) => one.due > at)
    for (const { from, due: when, fed } of due) say(when, [{ line: fed.line, input: { kind: 'sample', at: from, equipment: fed.equipment, signals: Object.fromEntries(fed.signals.map((name) => [name, null])) } }])
  }
  for (const step of steps) {
    sayBlindUntil(step.at)
    switch (step.kind) {
      case 'told': say(step.at, [step.told]); break
      case 'clock':
        say(step.at, plant.lines.map((line) => ({ line, input: { kind: 'clock', at: step.at, byMs: step.byMs } })))
        // What follows stands on the new clock, also when it shows the same time again.
        moments.push({ at: later(step.at, step.byMs), told: [] })
        blind = blind.map((one) => ({ ...one, from: later(one.from, step.byMs), due: later(one.due, step.byMs) }))
        break
      case 'link': {
        const fed = plant.fedBy.get(step.plc)!
        const lines = new Set(fed.map(({ line }) => line))
        say(step.at, [...lines].map((line) => ({ line, input: { kind: 'link', at: step.at, plc: step.plc, up: step.up, fault: step.up ? null : 'PLC_LINK_LOST' } })))
        blind = blind.filter(({ plc }) => plc !== step.plc)
        if (!step.up) blind.push(...fed.map((one) => ({ plc: step.plc, from: step.at, due: later(step.at, one.bridgedMs), fed: one })))
        break
      }
    }
  }
  const end = steps.at(-1)
  if (end !== undefined) sayBlindUntil(end.kind === 'clock' ? end.at + end.byMs : end.at)
  return moments
}
