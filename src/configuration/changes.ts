/** What differs between two configurations, setting by setting, and what each difference asks for to take effect. */

import { isDeepStrictEqual } from 'node:util'
import type { Ms } from '../base/units.js'
import { type Config, config } from '../contract/config.js'
import { bytes, cycleTime, duration, z } from '../contract/schema.js'

/**
 * `live`: the lines go on with it from the next turn. `reconnect`: the PLCs are read anew, which leaves a gap of seconds.
 * `restart`: the process has to be started again.
 */
export type Reach = 'live' | 'reconnect' | 'restart'

export interface Change {
  /** What has a name is called by it: `lines[BP01].equipment[BP01.PACK.BAG1].micro_stop`. */
  readonly path: string
  /** As the file would say it; `null` when it was not there. */
  readonly before: string | null
  readonly after: string | null
  readonly reach: Reach
}

/** In the order of the configuration. Empty when both mean the same, however they are written. */
export function changesBetween(before: Config, after: Config): Change[] {
  const found: Change[] = []
  compare(before, after, [], config, found)
  return found
}

export const sentenceOfChange = ({ path, before, after }: Change): string =>
  before === null ? `${path}: new, ${after}` : after === null ? `${path}: gone, was ${before}` : `${path}: ${before} → ${after}`

/** The widest reach of some changes. */
export const reachOf = (changes: readonly Change[]): Reach =>
  (['restart', 'reconnect'] as const).find((reach) => changes.some((change) => change.reach === reach)) ?? 'live'

/** A setting's value as a file would say it. Settings that are not numbers with a unit stand as JSON. */
export function shownSetting(value: unknown, path: readonly string[]): string {
  return shown(value, path.reduce<z.core.$ZodType | null>((schema, key) => memberOf(schema, key), config))
}

/* ── comparing ───────────────────────────────────────────────────────────────────────────────── */

type Members = Readonly<Record<string, unknown>>

function compare(before: unknown, after: unknown, path: readonly string[], schema: z.core.$ZodType | null, found: Change[]): void {
  if (isDeepStrictEqual(before, after)) return
  const one = membersOf(before)
  const other = membersOf(after)
  if (one !== null && other !== null) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) compare(one[key], other[key], [...path, key], memberOf(schema, key), found)
    return
  }
  found.push({
    path: pathText(path), reach: reaches(path),
    before: before === undefined ? null : shown(before, schema), after: after === undefined ? null : shown(after, schema),
  })
}

/** What `live` holds for; everything else is built at the start, and a section that is new here is too until somebody has seen to it. */
const LIVE = ['calendars', 'area', 'reasons', 'reject_reasons', 'products', 'andon', 'grades', 'lines']

const reaches = ([section = '']: readonly string[]): Reach => (LIVE.includes(section) ? 'live' : section === 'plcs' ? 'reconnect' : 'restart')

/** Members by key; those of a list by name where they have one, so that a new first item is one change and not many. */
function membersOf(value: unknown): Members | null {
  if (Array.isArray(value)) {
    const names = value.map((item: unknown, index) => nameOf(item) ?? String(index))
    // Without members a list is a value like any other, and so is one whose names say nothing.
    if (value.length === 0 || new Set(names).size < names.length) return null
    return Object.fromEntries(value.map((item: unknown, index) => [`[${names[index]!}]`, item]))
  }
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0 ? value as Members : null
}

function nameOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null) return null
  for (const key of ['code', 'id', 'name', 'date', 'severity']) if (key in item) return String((item as Members)[key])
  return null
}

const pathText = (path: readonly string[]): string => path.map((part, at) => (at === 0 || part.startsWith('[') ? part : `.${part}`)).join('')

/* ── showing ─────────────────────────────────────────────────────────────────────────────────── */

function shown(value: unknown, schema: z.core.$ZodType | null): string {
  const plain = schema === null ? null : bare(schema)
  if (typeof value === 'number' && (plain === duration || plain === cycleTime)) return durationText(value)
  if (typeof value === 'number' && plain === bytes) return `${value}B`
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

function durationText(ms: Ms): string {
  for (const [unit, size] of [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1_000]] as const) if (ms !== 0 && ms % size === 0) return `${ms / size}${unit}`
  return `${ms}ms`
}

/** The schema of a member; settings of one name are of one kind with every driver. `null` where the schema does not go so far. */
function memberOf(schema: z.core.$ZodType | null, key: string): z.core.$ZodType | null {
  const plain = schema === null ? null : bare(schema)
  if (plain instanceof z.ZodObject) return (plain.shape as Readonly<Record<string, z.core.$ZodType>>)[key] ?? null
  if (plain instanceof z.ZodRecord) return plain.valueType
  if (plain instanceof z.ZodArray) return plain.element
  if (plain instanceof z.ZodUnion) {
    return plain.options.map((option) => memberOf(option, key)).find((member) => member !== null) ?? null
  }
  return null
}

/** Without defaults and short forms. */
function bare(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema === duration || schema === bytes) return schema
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return bare(schema.unwrap())
  if (schema instanceof z.ZodPipe) return bare(schema.def.in instanceof z.ZodTransform ? schema.def.out : schema.def.in)
  return schema
}
