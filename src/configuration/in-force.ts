/** Which configuration a start takes: the file when it has changed and is sound, else the one that was in force. */

import type { Instant } from '../base/units.js'
import { rfc3339 } from '../base/units.js'
import { changesBetween, sentenceOfChange } from './changes.js'
import { type ConfigError, sentenceOf } from './configure.js'
import type { Config } from '../contract/config.js'
import { limits } from '../base/limits.js'
import { Fault } from '../contract/faults.js'
import { type Read, type Version, type Versions, configOfSource, hashOf } from './versions.js'

export interface InForce {
  readonly config: Config
  readonly version: number
  /** It takes effect with this start; `null` when it was in force before. */
  readonly applied: { readonly previous: number | null; readonly hash: string; readonly by: string; readonly changes: readonly string[] } | null
  /** A configuration that was not taken, or is taken back with this start. */
  readonly rejected: Rejected | null
  /** For people: why what runs is not what the file says. */
  readonly warnings: readonly string[]
  /** Writes the decision down. Call it when the data directory is ours. */
  settle(): void
}

export interface Rejected { readonly version: number; readonly rejected: number | null; readonly why: string; readonly errors: readonly string[] }

/**
 * A file that cannot be used does not keep the line from being watched: the last good configuration goes on, and everybody is told.
 * The file counts when it has changed since it was last weighed, so that a roll-back holds through restarts.
 * `localised` puts in what is of this box alone, which is no difference between a version that came from another box and the file.
 * Throws CONFIG_INVALID with a sentence for every error when there is nothing to go on with.
 */
export function decideInForce(read: Read, versions: Versions, at: Instant, localised: (config: Config) => Config = (config) => config): InForce {
  const file = 'config' in read ? { ...read, config: localised(read.config) } : read
  const newest = versions.list().at(-1)
  const last = lastUsable(versions)
  const fileHash = hashOf(file.source)
  if (last === null) return 'config' in file ? begin(file.config, file, versions, at) : refuse(file.errors)
  const kept = last.kept
  const config = localised(last.config)

  // The process ended while it was on trial, so it is not tried again.
  const broke = newest?.state === 'trial' ? newest : null
  if (broke !== null && (fileHash === broke.fileHash || 'errors' in file)) {
    const why = `version ${broke.version} did not survive its trial`
    return keep(config, kept, fileHash, versions, { version: kept.version, rejected: broke.version, why, errors: [] }, [`${why}: version ${kept.version} is in force again`], broke)
  }
  if ('errors' in file) {
    const errors = file.errors.slice(0, limits.errorsToldMax).map(sentenceOf)
    const why = `${file.source.file} has ${file.errors.length} error${file.errors.length === 1 ? '' : 's'}`
    return keep(config, kept, kept.fileHash, versions, { version: kept.version, rejected: null, why, errors }, [`${why}: version ${kept.version} is in force, run \`lineside config check\``], null)
  }
  const changes = changesBetween(config, file.config)
  if (fileHash === kept.fileHash || changes.length === 0) {
    const warnings = changes.length === 0 ? [] : [`version ${kept.version} is in force, which is not what ${file.source.file} says: \`lineside config diff\``]
    // The file may name other paths or say the same in other words: then its own reading is taken.
    return keep(changes.length === 0 ? file.config : config, kept, fileHash, versions, null, warnings, null)
  }
  const told = toldChanges(changes.map(sentenceOfChange))
  const version = (newest?.version ?? 0) + 1
  return {
    config: file.config, version, rejected: null, warnings: [],
    applied: { previous: kept.version, hash: fileHash, by: 'file', changes: told },
    settle() {
      if (broke !== null) versions.amend(broke.version, { state: 'failed' })
      versions.add({ state: 'trial', at: rfc3339(at), by: 'file', hash: fileHash, source: file.source, fileHash, changes: told })
    },
  }
}

/** Facts have a bound; what it leaves out is counted. */
export const toldChanges = (changes: readonly string[]): string[] =>
  changes.length <= limits.changesToldMax ? [...changes] : [...changes.slice(0, limits.changesToldMax - 1), `and ${changes.length - limits.changesToldMax + 1} more`]

/** The newest version that proved itself and can still be read. */
export function lastUsable(versions: Versions, before = Infinity): { readonly kept: Version; readonly config: Config } | null {
  for (const kept of versions.list().toReversed()) {
    if (kept.state !== 'good' || kept.version >= before) continue
    const loaded = configOfSource(kept.source)
    if ('config' in loaded) return { kept, config: loaded.config }
  }
  return null
}

/** The first configuration of all: there is nothing to return to, so it is on no trial. */
function begin(config: Config, { source }: Read, versions: Versions, at: Instant): InForce {
  const hash = hashOf(source)
  const version = (versions.list().at(-1)?.version ?? 0) + 1
  return {
    config, version, rejected: null, warnings: [], applied: { previous: null, hash, by: 'file', changes: [] },
    settle() { versions.add({ state: 'good', at: rfc3339(at), by: 'file', hash, source, fileHash: hash, changes: [] }) },
  }
}

function keep(config: Config, kept: Version, fileHash: string, versions: Versions, rejected: Rejected | null, warnings: readonly string[], broke: Version | null): InForce {
  return {
    config, version: kept.version, applied: null, rejected, warnings,
    settle() {
      if (broke !== null) versions.amend(broke.version, { state: 'failed' })
      if (fileHash !== kept.fileHash) versions.amend(kept.version, { fileHash })
    },
  }
}

function refuse(errors: readonly ConfigError[]): never {
  throw new Fault('CONFIG_INVALID', { errors: errors.map(sentenceOf) })
}
