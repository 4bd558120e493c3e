/** A configuration while the gateway runs: applied without a restart, watched for a while, and taken back when it does harm. */

import { setTimeout as sleep } from 'node:timers/promises'
import { type Arrangement, arrangementOf } from '../turn/arrangement.js'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { type Ms, rfc3339, sinceMono } from '../base/units.js'
import { changesBetween, reachOf, sentenceOfChange } from './changes.js'
import { type ConfigError, sentenceOf } from './configure.js'
import type { Health } from '../contract/desk.js'
import type { Draft } from '../contract/events/catalogue.js'
import { Looks } from './trial.js'
import { type Rejected, lastUsable, toldChanges } from './in-force.js'
import { type Source, type Version, type VersionState, type Versions, configOfSource, hashOf, previousOf } from './versions.js'

export interface LifeCycle {
  now(): InForceNow
  /** Takes effect before this resolves. `trialMs` is how long it is watched; 0 calls it good at once. */
  apply(source: Source, by: string, trialMs: Ms): Promise<Applied | NotApplied>
  /** Back to a version, or to the last good one that says something else than the one in force. */
  rollback(version: number | null, by: string): Promise<Applied | NotApplied>
  warnings(): readonly string[]
  /** Before an orderly stop: what has done well so far is not doubted at the next start. */
  stop(): void
}

export interface InForceNow { readonly version: number; readonly hash: string; readonly state: VersionState; readonly warnings: readonly string[]; readonly rejected: Rejected | null }
export interface Applied { readonly applied: number; readonly changes: readonly string[]; readonly reconnected: readonly string[]; readonly trialMs: Ms }
export interface NotApplied { readonly refused: 'CONFIG_INVALID' | 'NEEDS_RESTART' | 'UNCHANGED' | 'UNKNOWN_VERSION' | 'BUSY' | 'STANDBY'; readonly why: string; readonly details: readonly string[] }

export interface LifeCycleParts {
  readonly versions: Versions
  readonly arrangement: () => Arrangement
  /** Goes on under another arrangement; `draft` tells of it. */
  readonly move: (next: Arrangement, draft: Draft) => Promise<void>
  readonly note: (draft: Draft) => void
  readonly health: () => Health
  readonly clock: Clock
  readonly log: Log
  readonly rejected: Rejected | null
  readonly warnings: readonly string[]
  /** Of the configuration file as it lies there now. */
  readonly fileHash: () => string
  /** What was given on the command line in place of settings holds for every configuration. */
  readonly overridden: (config: Arrangement['config']) => Arrangement['config']
  /** Nothing can be gone on with: the process ends, and the next start takes the last good configuration. */
  readonly broken: (error: Error) => void
}

/** A PLC takes seconds to be connected again; before that nothing is held against a configuration. */
const GRACE_MS = 10_000
const LOOK_MS = 500

export function startLifeCycle(parts: LifeCycleParts): LifeCycle {
  const { versions, arrangement, clock, log } = parts
  let { rejected, warnings } = parts
  let isMoving = false
  let trial: AbortController | null = null

  const inForce = (): Version | undefined => versions.list().find(({ version }) => version === arrangement().version)

  async function take(source: Source, by: string, trialMs: Ms): Promise<Applied | NotApplied> {
    if (isMoving) return { refused: 'BUSY', why: 'another configuration is being applied', details: [] }
    const loaded = configOfSource(source)
    if ('errors' in loaded) return { refused: 'CONFIG_INVALID', why: 'the configuration has errors', details: told(loaded.errors) }
    const before = arrangement()
    const config = parts.overridden(loaded.config)
    const changes = changesBetween(before.config, config)
    if (changes.length === 0) return { refused: 'UNCHANGED', why: `version ${before.version} says the same`, details: [] }
    const fixed = changes.filter(({ reach }) => reach === 'restart')
    if (fixed.length > 0) return { refused: 'NEEDS_RESTART', why: 'some settings take effect at a start only: put the file in its place and restart the gateway', details: fixed.map(sentenceOfChange) }
    isMoving = true
    try {
      trial?.abort()
      const online = parts.health().plcs.filter(({ state, plc }) => state === 'online' && config.plcs.some(({ id }) => id === plc)).map(({ plc }) => plc)
      const sentences = toldChanges(changes.map(sentenceOfChange))
      const kept = versions.add({ state: trialMs > 0 ? 'trial' : 'good', at: rfc3339(clock.now()), by, hash: hashOf(source), source, fileHash: parts.fileHash(), changes: sentences })
      await parts.move(arrangementOf(config, kept.version, before), appliedDraft(kept, before.version))
      warnings = hashOf(source) === kept.fileHash ? [] : [`version ${kept.version} is not what the configuration file says; the file counts again when it is changed`]
      rejected = null
      log.warn('a configuration took effect', { version: kept.version, previous: before.version, by, changesCount: changes.length, trialMs })
      if (trialMs > 0) watch(kept, before, trialMs, online)
      return { applied: kept.version, changes: sentences, reconnected: reachOf(changes) === 'reconnect' ? config.plcs.map(({ id }) => id) : [], trialMs }
    } finally {
      isMoving = false
    }
  }

  const appliedDraft = ({ version, hash, by, changes }: Version, previous: number): Draft => ({
    type: 'config_applied', at: clock.now(), line: null, equipment: null, body: { version, previous, hash, by, changes: [...changes] },
  })

  /** `before` is what to go back to; `null` when this is a start, which only another start can undo. */
  function watch(kept: Version, before: Arrangement | null, trialMs: Ms, online: readonly string[]): void {
    const mine = trial = new AbortController()
    const wasReady = before !== null && parts.health().ready
    void (async () => {
      const graceMs = Math.min(GRACE_MS, trialMs / 2)
      const begun = clock.mono()
      const looks = new Looks(wasReady, online)
      for (;;) {
        await sleep(LOOK_MS, undefined, { ref: false })
        if (mine.signal.aborted) return
        const trialled = sinceMono(clock.mono(), begun)
        if (trialled > graceMs) looks.take(parts.health())
        if (trialled >= trialMs && (looks.harm() === null || trialled >= trialMs + graceMs)) break
        // What a gateway needs in order to be one is not waited for until the end.
        if (looks.isOver()) break
      }
      const why = looks.harm()
      if (why === null) return prove(kept)
      await takeBack(kept, before, why)
    })().catch((thrown: unknown) => { parts.broken(thrown instanceof Error ? thrown : new Error(String(thrown))) })
  }

  function prove(kept: Version): void {
    trial = null
    versions.amend(kept.version, { state: 'good' })
    log.info('the configuration has proved itself', { version: kept.version })
  }

  async function takeBack(kept: Version, before: Arrangement | null, why: string): Promise<void> {
    trial = null
    const good = lastUsable(versions, kept.version)
    log.error('the configuration does harm and is taken back', { version: kept.version, why, previous: good?.kept.version ?? null })
    if (good === null) return
    versions.amend(kept.version, { state: 'failed' })
    versions.amend(good.kept.version, { fileHash: parts.fileHash() })
    if (before === null) return parts.broken(new Error(`configuration ${kept.version} does harm: ${why}`))
    const back = versions.add({ ...good.kept, state: 'good', at: rfc3339(clock.now()), by: 'gateway', fileHash: parts.fileHash(), changes: toldChanges(changesBetween(arrangement().config, before.config).map(sentenceOfChange)) })
    await parts.move(arrangementOf(before.config, back.version, arrangement()), appliedDraft(back, kept.version))
    rejected = { version: back.version, rejected: kept.version, why, errors: [] }
    warnings = [`version ${kept.version} was taken back: ${why}`]
    parts.note({ type: 'config_rejected', at: clock.now(), line: null, equipment: null, body: { ...rejected, errors: [] } })
  }

  const atStart = inForce()
  if (atStart?.state === 'trial') watch(atStart, null, limits.trialMs, [])

  return {
    now() {
      const { version } = arrangement()
      const kept = inForce()
      return { version, hash: kept?.hash ?? '', state: kept?.state ?? 'good', warnings, rejected }
    },
    apply: (source, by, trialMs) => take(source, by, Math.min(trialMs, limits.trialMsMax)),
    async rollback(version, by) {
      const known = version === null ? previousOf(versions, inForce() ?? null) : versions.list().find((one) => one.version === version)
      if (known === undefined) return { refused: 'UNKNOWN_VERSION', why: version === null ? 'there is no version before this one' : `version ${version} is not kept`, details: versions.list().map((one) => String(one.version)) }
      // It was in force before, so it is on no trial.
      return take(known.source, by, 0)
    },
    warnings: () => warnings,
    stop() {
      if (trial === null) return
      trial.abort()
      const kept = inForce()
      if (kept?.state === 'trial' && parts.health().alive) versions.amend(kept.version, { state: 'good' })
    },
  }
}

const told = (errors: readonly ConfigError[]): string[] => errors.slice(0, limits.errorsToldMax).map(sentenceOf)
