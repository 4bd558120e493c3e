/** Loads and checks a configuration. Every error names its file, line and column and what was expected. */

import { accessSync, constants, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { installed } from '../base/installed.js'
import { type CatalogueMisfit, readCatalogue } from './catalogue.js'
import { dataDirectoryOf } from './data-directory.js'
import { type Config, type SignalRole, config } from '../contract/config.js'
import { expectedBy } from '../contract/expected.js'
import { isThumbprint } from '../contract/plcs.js'
import { z } from '../contract/schema.js'
import type { ValueType } from '../contract/scan.js'
import type { Misfit, Path } from '../contract/misfit.js'
import { unsoundOf } from '../contract/sound.js'
import { scanGroupsOf } from '../field/groups.js'
import { type Place, readYaml } from './yaml.js'

export interface ConfigError extends Place {
  readonly file: string
  /** Where in the configuration, like `lines[0].equipment[1].code`; empty for the file as a whole. */
  readonly path: string
  readonly expected: string
}

/** `file:line:column path: what was expected`, as editors and terminals make a link of it. */
export const sentenceOf = (error: ConfigError): string =>
  `${error.file}:${error.line}:${error.column} ${error.path === '' ? '' : `${error.path}: `}${error.expected}`

/** The text of a file; throws as the file system does. */
export type ReadText = (file: string) => string

/**
 * The configuration in a file, complete with its defaults and its fault catalogues, and with absolute paths; or all its errors in the order of the file.
 * Names, addresses and cross references are looked at when every single setting fits its schema.
 */
export function loadConfig(file: string, read: ReadText = fromDisk): { readonly config: Config } | { readonly errors: readonly ConfigError[] } {
  const text = textOf(file, read)
  if (typeof text !== 'string') return { errors: [text] }
  const yaml = readYaml(text)
  if (yaml.misfits.length > 0) return { errors: yaml.misfits.map(({ message, ...place }) => ({ file, ...place, path: '', expected: message })) }
  const errorsOf = (misfits: readonly Misfit[], places: Places = new Map()): readonly ConfigError[] =>
    inOrder(misfits.map(({ path, message, at }) => ({ file, ...yaml.placeOf(path, at), ...places.get(path.slice(0, 6).join('.')), path: pathText(path), expected: message })))

  const parsed = config.safeParse(yaml.value, { reportInput: true })
  if (!parsed.success) return { errors: errorsOf(parsed.error.issues.flatMap((issue) => expectedBy(issue, (path) => keysAt(path, yaml.value)))) }

  const filed = withFiles(parsed.data, file, read)
  const errors = [...filed.errors, ...errorsOf([...filed.misfits, ...unsoundOf(filed.config), ...unreadable(filed.config)], filed.places)]
  return errors.length > 0 ? { errors: inOrder(errors) } : { config: filed.config }
}

/** The JSON Schema of the file, for editors. */
export function configSchema(): object {
  return z.toJSONSchema(config, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      // Where a short form is allowed (`name: DB1,REAL4`), text stands for the object.
      if (!(zodSchema instanceof z.ZodPipe) || !(zodSchema.def.in instanceof z.ZodTransform)) return
      const long = { ...jsonSchema }
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      jsonSchema.anyOf = [{ type: 'string' }, long]
    },
  })
}

/* ── addresses ───────────────────────────────────────────────────────────────────────────────── */

const wholes: readonly ValueType[] = ['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64']
const aBit = ['a bit or a whole number', wholes] as const
const aNumber = ['a number', [...wholes, 'float32', 'float64', 'time']] as const
/** What the rules can work with. Jobs and products may be text; signals without a rule may be anything. */
const needs: { readonly [R in SignalRole]?: readonly [what: string, types: readonly ValueType[]] } = {
  running: aBit, fault: aBit, fault_word: aBit, blocked: aBit, starved: aBit, changeover: aBit,
  state: aNumber, mode: aNumber, speed: aNumber, total_count: aNumber, good_count: aNumber, reject_count: aNumber, first_out: aNumber,
  total_latched: aNumber, good_latched: aNumber, reject_latched: aNumber,
}

/** Addresses that are none, elements beyond the end of their array, and values that a rule could make nothing of. */
function unreadable(config: Config): Misfit[] {
  const { groups, bad } = scanGroupsOf(config.plcs)
  const misfits: Misfit[] = bad.map(({ plc, tag, message }) => ({ path: ['plcs', config.plcs.findIndex((one) => one.id === plc), ...(tag === null ? ['driver'] : ['tags', tag, 'address'])], message }))
  const slots = new Map(groups.flatMap((group) => group.tags.map((slot) => [`${group.plc}/${slot.name}`, slot])))
  for (const [index, line] of config.lines.entries()) {
    for (const [number, equipment] of line.equipment.entries()) {
      for (const [name, { tag }] of Object.entries(equipment.signals)) {
        const [, wanted = '', element] = /^(.+?)(?:\[(\d+)\])?$/.exec(tag) ?? []
        const slot = slots.get(wanted)
        if (slot === undefined) continue
        const path = ['lines', index, 'equipment', number, 'signals', name, 'tag']
        if (element !== undefined && Number(element) >= slot.length) misfits.push({ path, message: `${JSON.stringify(wanted)} has ${slot.length === 1 ? 'one element' : `${slot.length} elements`}, counted from 0` })
        const need = needs[name as SignalRole]
        if (need !== undefined && !need[1].includes(slot.type)) misfits.push({ path, message: `\`${name}\` needs ${need[0]}, but ${JSON.stringify(wanted)} (${slot.address}) is ${slot.type}` })
      }
    }
  }
  return misfits
}

/* ── files beside the configuration ──────────────────────────────────────────────────────────── */

/** Path of a fault → where it stands in its catalogue. */
type Places = Map<string, Place & { readonly file: string }>

interface Filed {
  readonly config: Config
  readonly places: Places
  readonly misfits: readonly Misfit[]
  readonly errors: readonly ConfigError[]
}

/** The configuration with the faults of its catalogues, and with the paths of its files made absolute. */
function withFiles(raw: Config, file: string, read: ReadText): Filed {
  const places: Places = new Map()
  const misfits: Misfit[] = []
  const errors: ConfigError[] = []
  const absolute = (name: string, path: Path): string => {
    const found = fileOf(name, file)
    try {
      accessSync(found, constants.R_OK)
    } catch (error) {
      misfits.push({ path, message: `cannot be read: ${reasonOf(error)}` })
    }
    return found
  }
  const faultsOf = (catalogue: string, path: Path, countBefore: number) => {
    const text = textOf(catalogue, read)
    if (typeof text !== 'string') {
      misfits.push({ path: [...path, 'faults_file'], message: text.expected })
      return []
    }
    const entries = readCatalogue(text)
    if ('misfits' in entries) {
      errors.push(...entries.misfits.map((misfit) => catalogueError(misfit, catalogue, path)))
      return []
    }
    for (const [index, { place }] of entries.entries()) places.set([...path, 'faults', countBefore + index].join('.'), { file: catalogue, ...place })
    return entries.map(({ entry }) => entry)
  }

  // Wherever it stands, a name that ends so is that of a file.
  const withPaths = <T extends object>(section: T, path: Path): T =>
    ({ ...section, ...Object.fromEntries(Object.entries(section).flatMap(([name, value]) => (name.endsWith('_file') && typeof value === 'string' ? [[name, absolute(value, [...path, name])]] : []))) })

  const { tls, jwt } = raw.server
  const server = {
    ...raw.server,
    ...(tls === undefined ? {} : { tls: withPaths(tls, ['server', 'tls']) }),
    ...(jwt === undefined ? {} : { jwt: withPaths(jwt, ['server', 'jwt']) }),
  }
  const standby = raw.standby === undefined ? {} : { standby: withPaths(raw.standby, ['standby']) }
  const upstreams = raw.upstreams.map((upstream, index) => {
    const path = ['upstreams', index]
    return { ...withPaths(upstream, path), tls: withPaths(upstream.tls, [...path, 'tls']) }
  })
  const notify = raw.notify.map((channel, index) => withPaths(channel, ['notify', index]))
  const plcs = raw.plcs.map((plc, index) => {
    const path = ['plcs', index]
    if (plc.driver === 'trace') return { ...plc, file: absolute(plc.file, [...path, 'file']) }
    if (plc.driver === 'opcua') {
      const trust = plc.trust.map((one, position) => isThumbprint(one) ? one : absolute(one, [...path, 'trust', position]))
      return { ...withPaths(plc, path), trust, certificates: resolve(plc.certificates ?? join(dataDirectoryOf(file, undefined), 'opcua')) }
    }
    return plc
  })
  const lines = raw.lines.map((line, index) => ({
    ...line,
    equipment: line.equipment.map((equipment, number) => {
      if (equipment.faults_file === undefined) return equipment
      const path = ['lines', index, 'equipment', number]
      // It is read like the configuration itself, which may be one that was kept.
      const catalogue = resolve(dirname(file), equipment.faults_file)
      return { ...equipment, faults_file: catalogue, faults: [...equipment.faults, ...faultsOf(catalogue, path, equipment.faults.length)] }
    }),
  }))
  return { config: { ...raw, ...standby, notify, server, upstreams, plcs, lines }, places, misfits, errors }
}

const CREDENTIALS = '$CREDENTIALS_DIRECTORY/'

/** What the service manager hands over (`LoadCredential=`) has its own directory, which only the service and root see; everything else is named from the configuration on. */
const fileOf = (name: string, file: string): string => name.startsWith(CREDENTIALS)
  ? join(process.env['CREDENTIALS_DIRECTORY'] ?? installed.credentials, name.slice(CREDENTIALS.length))
  : resolve(dirname(file), name)

const catalogueError = ({ line, column, message }: CatalogueMisfit, file: string, path: Path): ConfigError =>
  ({ file, line, column, path: pathText([...path, 'faults_file']), expected: message })

/* ── helpers ─────────────────────────────────────────────────────────────────────────────────── */

const fromDisk: ReadText = (file) => readFileSync(file, 'utf8')

function textOf(file: string, read: ReadText): string | ConfigError {
  try {
    return read(file)
  } catch (error) {
    return { file, line: 1, column: 1, path: '', expected: `cannot be read: ${reasonOf(error)}` }
  }
}

/** The operating system's word for it, without the path, which stands before it anyhow. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return { ENOENT: 'no such file', EACCES: 'permission denied', EISDIR: 'it is a directory' }[code] ?? code
}

/** `lines[0].equipment[1].code`; a name that is more than a word stands in quotes. */
const pathText = (path: Path): string =>
  path.map((part, depth) => (typeof part === 'number' ? `[${part}]` : !/^\w+$/.test(part) ? `["${part}"]` : depth === 0 ? part : `.${part}`)).join('')

/** As they stand in their files; what an alias repeats is one error. */
function inOrder(errors: readonly ConfigError[]): ConfigError[] {
  const seen = new Set<string>()
  return errors
    .filter((error) => { const key = `${error.file}:${error.line}:${error.column} ${error.expected}`; return !seen.has(key) && seen.add(key) })
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column))
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly additionalProperties?: SchemaNode | boolean
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
  readonly const?: unknown
}

/** The keys an object may have at a path. Of several drivers only the one that is named there counts. */
function keysAt(path: Path, value: unknown): readonly string[] {
  let nodes: readonly SchemaNode[] = [configSchema()]
  let here = value
  for (const part of [...path, null]) {
    nodes = nodes.flatMap((node) => node.anyOf ?? node.oneOf ?? [node]).filter((node) => isMeant(node, here))
    if (part === null) break
    nodes = nodes.flatMap((node) => {
      const next = typeof part === 'number' ? node.items : node.properties?.[part] ?? node.additionalProperties
      return typeof next === 'object' ? [next] : []
    })
    here = memberOf(here, part)
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))]
}

const memberOf = (value: unknown, key: string | number): unknown => (typeof value === 'object' && value !== null ? (value as Readonly<Record<string | number, unknown>>)[key] : undefined)

const isMeant = (node: SchemaNode, value: unknown): boolean =>
  Object.entries(node.properties ?? {}).every(([key, { const: only }]) => only === undefined || memberOf(value, key) === undefined || memberOf(value, key) === only)
