/** The configurations that were in force: each kept whole, with the text it was read from, in the data directory. */

import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { replaceFileSync } from '../base/durable-file.js'
import { makeFolder } from '../base/folder.js'
import { limits } from '../base/limits.js'
import { type ConfigError, loadConfig } from './configure.js'
import type { Config } from '../contract/config.js'

/** `trial`: in force since a short while, and not yet proven. `failed`: taken back. */
export type VersionState = 'trial' | 'good' | 'failed'

/** The files a configuration was read from: itself and the catalogues it names, by absolute path. */
export interface Source {
  readonly file: string
  readonly texts: Readonly<Record<string, string>>
}

export interface Version {
  readonly version: number
  readonly state: VersionState
  /** RFC 3339. */
  readonly at: string
  /** `file` when it was found at a start, else who applied it. */
  readonly by: string
  /** Of the texts, so that it stays the same when a later program knows more settings. */
  readonly hash: string
  readonly source: Source
  /** What the file looked like when this was decided: it is asked again only when it has changed since. */
  readonly fileHash: string
  readonly changes: readonly string[]
}

export interface Versions {
  /** Oldest first. */
  list(): readonly Version[]
  add(version: Omit<Version, 'version'>): Version
  /** Writes down what became of a version, or what file it was last weighed against. */
  amend(version: number, change: Partial<Pick<Version, 'state' | 'fileHash'>>): void
  /** Keeps exactly these, as another box does: those that came out otherwise here go. */
  mirror(versions: readonly Version[]): void
}

export type Read = { readonly config: Config; readonly source: Source } | { readonly errors: readonly ConfigError[]; readonly source: Source }

/** Reads a configuration from disk and keeps what it read. `file` is absolute. */
export function readSource(file: string): Read {
  const texts: Record<string, string> = {}
  const loaded = loadConfig(file, (path) => (texts[path] = readFileSync(path, 'utf8')))
  return { ...loaded, source: { file, texts } }
}

/** A kept configuration, by the rules of this program; keys, certificates and passwords are not kept and must still be there. */
export function configOfSource({ file, texts }: Source): { readonly config: Config } | { readonly errors: readonly ConfigError[] } {
  return loadConfig(file, (path) => texts[path] ?? missing(path))
}

/** The configuration of that version; `null` when it is not kept, or this program cannot read it. */
export function configOfVersion(versions: Pick<Versions, 'list'>, number: number): Config | null {
  const kept = versions.list().find(({ version }) => version === number)
  const loaded = kept === undefined ? null : configOfSource(kept.source)
  return loaded !== null && 'config' in loaded ? loaded.config : null
}

/** Sixteen hex digits. */
export const hashOf = ({ file, texts }: Source): string =>
  createHash('sha256').update(JSON.stringify([texts[file], ...Object.entries(texts).filter(([path]) => path !== file).sort().map(([, text]) => text)])).digest('hex').slice(0, 16)

/** A directory that is not there yet holds no versions. */
export function openVersions(dataDirectory: string): Versions {
  const directory = join(dataDirectory, 'config')
  let kept = read(directory)

  function write(version: Version): void {
    makeFolder(directory, 0o700)
    replaceFileSync(join(directory, nameOf(version.version)), version)
    kept = [...kept.filter((one) => one.version !== version.version), version].sort((a, b) => a.version - b.version)
  }

  return {
    list: () => kept,
    add(draft) {
      const version = { ...draft, version: (kept.at(-1)?.version ?? 0) + 1 }
      write(version)
      for (const old of kept.slice(0, -limits.configsKeptMax)) rmSync(join(directory, nameOf(old.version)), { force: true })
      kept = kept.slice(-limits.configsKeptMax)
      return version
    },
    amend(number, change) {
      const version = kept.find((one) => one.version === number)
      if (version !== undefined) write({ ...version, ...change })
    },
    mirror(versions) {
      for (const version of versions) if (!isDeepStrictEqual(version, kept.find((one) => one.version === version.version))) write(version)
      const numbers = new Set(versions.map(({ version }) => version))
      for (const old of kept) if (!numbers.has(old.version)) rmSync(join(directory, nameOf(old.version)), { force: true })
      kept = kept.filter(({ version }) => numbers.has(version))
    },
  }
}

/** The same files in another place, as another box has them: those beside the configuration lie beside it there too. */
export function movedTo(file: string, { file: before, texts }: Source): Source {
  const place = (path: string): string => (path === before ? file : path.startsWith(`${dirname(before)}/`) ? join(dirname(file), path.slice(dirname(before).length)) : path)
  return { file, texts: Object.fromEntries(Object.entries(texts).map(([path, text]) => [place(path), text])) }
}

/** The version in force: the newest that was not taken back. */
export const inForce = (versions: Versions): Version | null => versions.list().findLast(({ state }) => state !== 'failed') ?? null

/** The last good version before one, that says something else. */
export const previousOf = (versions: Versions, now: Version | null): Version | undefined =>
  versions.list().findLast(({ state, version, hash }) => state === 'good' && version < (now?.version ?? Infinity) && hash !== now?.hash)

const nameOf = (version: number): string => `${String(version).padStart(6, '0')}.json`

function read(directory: string): readonly Version[] {
  let names: string[]
  try {
    names = readdirSync(directory)
  } catch {
    return []
  }
  return names.filter((name) => /^\d{6}\.json$/.test(name)).sort().flatMap((name) => {
    try {
      // Written by `write` above; one that makes no sense is as good as none, and the others still count.
      return [JSON.parse(readFileSync(join(directory, name), 'utf8')) as Version]
    } catch {
      return []
    }
  })
}

function missing(path: string): never {
  throw Object.assign(new Error(`${path} was not kept`), { code: 'ENOENT' })
}
