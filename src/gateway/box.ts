/** The gateway of this box: alone, or one of two, of which one works and the other stands by. A change of roles is an end and a start. */

import { renameSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { systemClock } from '../base/clock.js'
import { dataDirectoryOf } from '../configuration/data-directory.js'
import { readSource } from '../configuration/versions.js'
import type { Config } from '../contract/config.js'
import { Fault } from '../contract/faults.js'
import { databasePath, identityPath } from '../journal/keeping/gate.js'
import { readIdentity } from '../journal/store/identity.js'
import { type Daemon, type DaemonOptions, startDaemon } from './daemon.js'
import { Pair } from './standby/pair.js'
import { type Reconciled, actsFreely, mustYield } from './standby/reconcile.js'
import { startStandby } from './standby/standby.js'
import { type Own, type Standing, ownOf, readStanding } from './standby/standing.js'

/** Throws a `Fault`; CONFIG_INVALID carries a sentence for every error. */
export async function startBox(options: DaemonOptions): Promise<Daemon> {
  const file = resolve(options.configFile)
  const directory = dataDirectoryOf(file, options.dataDir)
  const known = readStanding(directory)
  const read = readSource(file)
  const own = 'config' in read ? ownOf(read.config) : known?.own ?? null
  if (own?.standby === undefined) {
    if (known?.role === 'standby') throw new Fault('CONFIG_INVALID', { errors: [`${directory} holds a copy of another box's journal: give \`standby:\` back, and order \`lineside standby takeover\` before it goes`] })
    return startDaemon(options)
  }
  const box = new PairedBox(options, directory, own, known)
  await box.begin()
  return box
}

class PairedBox implements Daemon {
  readonly #options: DaemonOptions
  readonly #directory: string
  readonly #pair: Pair
  #life: Daemon | null = null
  /** Roles change one after the other. */
  #changing: Promise<void> = Promise.resolve()
  #isStopped = false
  #aside: Exclude<Reconciled, { is: 'earlier' }> | null = null

  constructor(options: DaemonOptions, directory: string, own: Own, known: Standing | null) {
    this.#options = options
    this.#directory = directory
    const config = own.standby!
    this.#pair = new Pair({
      config, directory, clock: systemClock, log: options.log.of('pair'), turn: () => { this.#turn() },
      standing: { role: config.role, leased: false, taking: null, forks: [], copied: { tokens: [], people: [] }, ...known, own },
    })
  }

  get address(): string { return this.#now.address }
  get config(): Config { return this.#now.config }
  get firstToken(): string | null { return this.#now.firstToken }
  get #now(): Daemon {
    if (this.#life === null) throw new Error('the box changes its role')
    return this.#life
  }

  async begin(): Promise<void> {
    this.#pair.remember({})
    const begun = this.#ask().then(async () => { this.#life = await this.#start() })
    // The other box may be heard, and roles change, while this is under way.
    this.#changing = begun.catch(() => undefined)
    await begun
  }

  /** Who was active looks whether the other box went on meanwhile, before it begins to record what would be a second story. */
  async #ask(): Promise<void> {
    const pair = this.#pair
    const { role, taking } = pair.standing
    if (role !== 'active') return
    const mine = readIdentity(identityPath(this.#directory))
    const answer = await pair.beat({ epoch: mine?.epoch ?? null, seq: mine?.head ?? 0 })
    if (answer === null) return
    // A takeover that nobody was told of is given up when the other box works: a person may have let it, since this one was off.
    const isUntold = taking !== null && (mine === null || mine.epoch === taking.epoch)
    if (isUntold ? answer.role === 'active' : mustYield({ epoch: mine?.epoch ?? '', epochs: [] }, answer) === 'yield') pair.remember({ role: 'standby', leased: false, taking: null })
    else pair.contested = actsFreely(answer)
  }

  #start(): Promise<Daemon> {
    const pair = this.#pair
    // Whoever knows where it is served finds it there after a change too.
    const options = this.#port === null ? this.#options : { ...this.#options, port: this.#port }
    if (pair.standing.role === 'active') return startDaemon(options, pair)
    return startStandby({ ...options, setAside: (why) => { this.#aside = why; this.#turn() }, begin: () => { this.#turn() } }, pair)
  }

  #port: number | null = null

  #turn(): void {
    this.#changing = this.#changing.then(async () => {
      if (this.#isStopped) return
      const before = this.#now
      this.#port = Number(new URL(before.address).port)
      await before.stop(`this box goes on as ${this.#pair.standing.role}`)
      if (this.#aside !== null) this.#putAside(this.#aside)
      this.#aside = null
      if (!this.#isStopped) this.#life = await this.#start()
    }).catch((thrown: unknown) => { this.#options.onBroken(thrown instanceof Error ? thrown : new Error(String(thrown))) })
  }

  /** What the other box did not know is kept whole, under its epoch, and named to everybody. */
  #putAside(why: Exclude<Reconciled, { is: 'earlier' }>): void {
    const path = databasePath(this.#directory)
    const name = why.is === 'forked' ? `fork-${why.fork.epoch}-${why.fork.to_seq}` : `foreign-${new Date().toISOString().replaceAll(':', '')}`
    const aside = path.replace(/\.db$/, `.${name}.db`)
    for (const part of ['', '-wal', '-shm']) {
      try {
        renameSync(path + part, aside + part)
      } catch (thrown) {
        // After an orderly end there is no log beside the database.
        if (part === '') throw thrown
      }
    }
    this.#options.log.error('the journal of this box was put aside; a copy of the other one takes its place', { file: aside, why: why.is, ...(why.is === 'forked' ? why.fork : {}) })
    if (why.is === 'forked') this.#pair.remember({ forks: [...this.#pair.standing.forks, { ...why.fork, file: basename(aside) }] })
  }

  async stop(reason: string): Promise<void> {
    this.#isStopped = true
    await this.#changing
    await this.#life?.stop(reason)
    this.#pair.close()
  }
}
