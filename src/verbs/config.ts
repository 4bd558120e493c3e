/** `lineside config check|show|diff|apply|rollback|history`: what is in force, what would change, and how to change it. */

import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { limits } from '../base/limits.js'
import type { Ms } from '../base/units.js'
import { changesBetween, sentenceOfChange, shownSetting } from '../configuration/changes.js'
import { type ConfigError, loadConfig, sentenceOf } from '../configuration/configure.js'
import type { Config } from '../contract/config.js'
import { askAdmin } from '../faces/cli/admin.js'
import { CliError } from '../faces/cli/exit.js'
import { type Format, rendered } from '../faces/cli/output.js'
import type { Said } from '../faces/cli/verb.js'
import type { Applied, InForceNow, NotApplied } from '../configuration/life-cycle.js'
import { namedAt, withCalendars } from '../contract/whose-calendar.js'
import { type Source, type Version, type Versions, configOfSource, hashOf, inForce, openVersions, previousOf, readSource } from '../configuration/versions.js'
import { readYaml } from '../configuration/yaml.js'
import { counted } from './counted.js'
import type { Place } from './where.js'
import { whoAsks } from './who.js'

/** Every error of the file, with its line and column. */
export function check(file: string, output: 'text' | 'json'): Said {
  const loaded = loadConfig(file)
  const errors = 'errors' in loaded ? loaded.errors : []
  const text = output === 'json' ? `${JSON.stringify(errors, null, 2)}\n` : errors.map((error) => `${sentenceOf(error)}\n`).join('')
  if ('errors' in loaded) return { text, exit: 'problems', talk: [] }
  return { text, exit: 'done', talk: [`${file} is sound: ${counted(loaded.config.plcs.length, 'PLC')}, ${counted(loaded.config.lines.length, 'line')}`] }
}

/** The configuration in force, or with `file` the one that the file describes: every setting on a line of its own, with where it comes from. */
export function show({ file, directory }: Place, wish: { readonly fromFile: boolean; readonly origin: boolean; readonly output: 'text' | 'json' }): Said {
  const kept = wish.fromFile ? null : inForce(openVersions(directory))
  const source = kept?.source ?? readSource(file).source
  const config = soundOf(kept === null ? readSource(file) : configOfSource(source))
  const talk = kept === null ? [`as ${file} says`] : [`version ${kept.version}, in force since ${kept.at}`]
  const effective = withCalendars(config)
  if (wish.output === 'json') return { text: `${JSON.stringify(effective, null, 2)}\n`, exit: 'done', talk }
  const originOf = wish.origin ? originsIn(source) : null
  const lines = [...leavesOf(effective, [])].map(({ path, value }) => {
    const setting = `${pathText(path)}: ${shownSetting(value, path.map((part) => (typeof part === 'number' ? '[0]' : part)))}`
    return originOf === null ? setting : `${setting}  # ${originOf(namedAt(config, path))}`
  })
  return { text: lines.map((line) => `${line}\n`).join(''), exit: 'done', talk }
}

/** What the file would change. */
export function diff(where: Place): Said {
  const read = readSource(where.file)
  const { kept, config } = current(where, openVersions(where.directory))
  const changes = changesBetween(config, soundOf(read))
  const talk = [changes.length === 0 ? `${where.file} says what version ${kept.version} says` : `${where.file} differs from version ${kept.version} in ${counted(changes.length, 'setting')}`]
  const told = changes.map((change) => `${sentenceOfChange(change)}${change.reach === 'live' ? '' : `  (${change.reach === 'restart' ? 'at a restart' : 'PLCs are connected again'})`}\n`)
  return { text: told.join(''), exit: 'done', talk }
}

/** Sends the file to the gateway and waits until it has proved itself or was taken back. */
export async function apply(where: Place, wish: { readonly trialMs: Ms; readonly wait: boolean; readonly dryRun: boolean }): Promise<Said> {
  const read = readSource(where.file)
  soundOf(read)
  if (wish.dryRun) return diff(where)
  const answer = await askAdmin(where.directory, 'POST', '/config', { source: read.source, by: whoAsks().name, trial_ms: wish.trialMs })
  return applied(where, answer.body as Applied | NotApplied, wish.wait)
}

/** With the gateway down the choice is written down for its next start. */
export async function rollback(where: Place, version: number | null): Promise<Said> {
  const by = whoAsks().name
  try {
    const answer = await askAdmin(where.directory, 'POST', '/config/rollback', { version, by })
    return await applied(where, answer.body as Applied | NotApplied, false)
  } catch (thrown) {
    if (!(thrown instanceof CliError) || thrown.exit !== 'unreachable') throw thrown
    return rollbackOffline(where, version, by)
  }
}

export function history({ directory }: Place, format: Format): Said {
  const versions = openVersions(directory)
  const now = inForce(versions)
  const rows = versions.list().toReversed().map(({ version, state, at, by, hash, changes }) => ({ version, state: version === now?.version ? `${state}, in force` : state, at, by, changes: changes.length, hash, what: changes.join('; ') }))
  return { text: rendered(rows, { main: ['version', 'state', 'at', 'by', 'what'], all: ['version', 'state', 'at', 'by', 'hash', 'changes', 'what'], name: 'version' }, format), exit: 'done', talk: [] }
}

/* ── applying ────────────────────────────────────────────────────────────────────────────────── */

async function applied({ directory }: Place, outcome: Applied | NotApplied, wait: boolean): Promise<Said> {
  if ('refused' in outcome) {
    const talk = [`not applied: ${outcome.why}`, ...outcome.details.map((detail) => `  ${detail}`)]
    return { text: '', exit: outcome.refused === 'UNCHANGED' ? 'done' : outcome.refused === 'UNKNOWN_VERSION' ? 'missing' : outcome.refused === 'BUSY' ? 'failed' : 'problems', talk }
  }
  const text = outcome.changes.map((change) => `${change}\n`).join('')
  const talk = [`version ${outcome.applied} is in force${outcome.reconnected.length === 0 ? '' : `; connecting again: ${outcome.reconnected.join(', ')}`}`]
  if (!wait || outcome.trialMs === 0) return { text, exit: 'done', talk: outcome.trialMs === 0 ? talk : [...talk, `it is watched for ${outcome.trialMs / 1_000} s; \`lineside config history\` tells how it went`] }
  for (let left = outcome.trialMs + limits.trialMs; left > 0; left -= 500) {
    await sleep(500)
    const now = (await askAdmin(directory, 'GET', '/config')).body as InForceNow
    if (now.version !== outcome.applied) return { text, exit: 'problems', talk: [`version ${outcome.applied} was taken back: ${now.rejected?.why ?? 'another took its place'}`, `version ${now.version} is in force`] }
    if (now.state === 'good') return { text, exit: 'done', talk: [...talk, 'it has proved itself', ...now.warnings] }
  }
  return { text, exit: 'failed', talk: [...talk, 'its trial does not end'] }
}

function rollbackOffline({ file, directory }: Place, wanted: number | null, by: string): Said {
  const versions = openVersions(directory)
  const target = wanted === null ? previousOf(versions, inForce(versions)) : versions.list().find(({ version }) => version === wanted)
  if (target === undefined) throw new CliError('missing', wanted === null ? 'there is no version to go back to' : `version ${wanted} is not kept`, '`lineside config history` shows what is')
  const back = versions.add({ ...target, state: 'good', at: new Date().toISOString(), by, fileHash: existsSync(file) ? hashOf(readSource(file).source) : target.fileHash, changes: [] })
  return { text: '', exit: 'done', talk: [`the gateway is not running; at its next start version ${back.version}, which is version ${target.version} again, is in force`] }
}

function current({ directory }: Place, versions: Versions): { readonly kept: Version; readonly config: Config } {
  const kept = inForce(versions)
  if (kept === null) throw new CliError('missing', `no configuration was ever in force with the data directory ${directory}`, 'start the gateway once, or name the directory with --data')
  return { kept, config: soundOf(configOfSource(kept.source)) }
}

export function soundOf(read: { readonly config: Config } | { readonly errors: readonly ConfigError[] }): Config {
  if ('config' in read) return read.config
  throw new CliError('problems', read.errors.map(sentenceOf).join('\n'), 'mend it, then `lineside config check`')
}

/* ── settings and where they come from ───────────────────────────────────────────────────────── */

type Path = readonly (string | number)[]

function* leavesOf(value: unknown, path: Path): Generator<{ readonly path: Path; readonly value: unknown }> {
  const isBranch = typeof value === 'object' && value !== null && Object.keys(value).length > 0
  if (!isBranch) { yield { path, value }; return }
  for (const [key, member] of Object.entries(value)) yield* leavesOf(member, [...path, Array.isArray(value) ? Number(key) : key])
}

const pathText = (path: Path): string => path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')

/** `file:line:column`, the catalogue it was read from, or `default`. */
function originsIn({ file, texts }: Source): (path: Path) => string {
  const yaml = readYaml(texts[file] ?? '')
  return (path) => {
    let here: unknown = yaml.value
    for (const [depth, part] of path.entries()) {
      // What stands in its short form (`name: DB1,REAL4`) is all of one place.
      if (typeof here === 'string' && depth > 0) break
      const next = typeof here === 'object' && here !== null ? (here as Readonly<Record<string | number, unknown>>)[part] : undefined
      if (next === undefined) {
        const catalogue = path[depth] === 'faults' || path[depth - 1] === 'faults' ? Object.keys(texts).find((path) => path !== file) : undefined
        return catalogue ?? 'default'
      }
      here = next
    }
    const { line, column } = yaml.placeOf(path)
    return `${file}:${line}:${column}`
  }
}
