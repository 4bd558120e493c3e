/** `lineside doctor`: everything that commonly is wrong with a box, looked at one by one, each with its reason and its remedy. */

import { X509Certificate } from 'node:crypto'
import { accessSync, constants, existsSync, readFileSync, statSync, statfsSync } from 'node:fs'
import { styleText } from 'node:util'
import { adviceOn } from '../analysis/advice.js'
import { en } from '../analysis/words/en.js'
import { instantOf } from '../base/units.js'
import { changesBetween } from '../configuration/changes.js'
import { sentenceOf } from '../configuration/configure.js'
import type { Config } from '../contract/config.js'
import { BASE } from '../contract/endpoints/inputs.js'
import { plant } from '../contract/endpoints/plant.js'
import { service } from '../contract/endpoints/service.js'
import { Fault, faults, isFaultCode } from '../contract/faults.js'
import { views } from '../contract/views.js'
import { openTokens } from '../faces/access/tokens.js'
import { CliError } from '../faces/cli/exit.js'
import { terminalColumns, wrapped } from '../faces/cli/fit.js'
import { type Gateway, ask } from '../faces/cli/gateway.js'
import { bareOf, dataOf } from '../faces/cli/answer.js'
import { systemClock } from '../base/clock.js'
import { configOfSource, inForce, openVersions, readSource } from '../configuration/versions.js'

export interface Diagnosis {
  readonly about: string
  readonly verdict: 'well' | 'doubtful' | 'wrong'
  readonly finding: string
  /** What to do; `null` when nothing is to be done. */
  readonly remedy: string | null
}

export interface Box {
  readonly file: string
  readonly directory: string
  /** Asked last, because it may not be possible. */
  readonly gateway: () => Promise<Gateway>
}

const well = (about: string, finding: string): Diagnosis => ({ about, verdict: 'well', finding, remedy: null })
const doubtful = (about: string, finding: string, remedy: string): Diagnosis => ({ about, verdict: 'doubtful', finding, remedy })
const wrong = (about: string, finding: string, remedy: string): Diagnosis => ({ about, verdict: 'wrong', finding, remedy })

const DAY_MS = 86_400_000
const CERTIFICATE_DAYS_LEFT = 30
/** Beyond it a reader holds the log, or the disk cannot keep up. */
const WAL_BYTES_MAX = 64 * 2 ** 20

/** In the order in which one thing rests on the other: the file, the disk, the process, its PLCs. */
export async function examine(box: Box): Promise<Diagnosis[]> {
  const config = configOf(box)
  return [
    ...configuration(box), ...directory(box), ...(config === null ? [] : [...disk(box, config), ...certificate(config), ...exposure(config)]),
    ...clock(), ...accounts(box), ...await running(box),
  ]
}

export function shownDiagnoses(diagnoses: readonly Diagnosis[]): string {
  const marks = { well: styleText('green', '✔'), doubtful: styleText('yellow', '!'), wrong: styleText('red', '✖') }
  return wrapped(diagnoses.map(({ about, verdict, finding, remedy }) => `${marks[verdict]} ${about}: ${finding}\n${remedy === null ? '' : `    ${remedy}\n`}`).join(''), terminalColumns(), 4)
}

/* ── on the disk ─────────────────────────────────────────────────────────────────────────────── */

function configOf({ file, directory }: Box): Config | null {
  const kept = inForce(openVersions(directory))
  const loaded = kept === null ? readSource(file) : configOfSource(kept.source)
  return 'config' in loaded ? loaded.config : null
}

function configuration({ file, directory }: Box): Diagnosis[] {
  const read = readSource(file)
  if ('errors' in read) return [wrong('configuration', read.errors.slice(0, 3).map(sentenceOf).join('; '), 'mend it, then `lineside config apply`; until then the last good version is in force')]
  const kept = inForce(openVersions(directory))
  if (kept === null) return [well('configuration', `${file} is sound`)]
  const current = configOfSource(kept.source)
  if ('errors' in current) return [wrong('configuration', `version ${kept.version} can no longer be read: ${current.errors.slice(0, 3).map(sentenceOf).join('; ')}`, 'put back the files it names')]
  const differs = changesBetween(current.config, read.config).length
  return [differs === 0 ? well('configuration', `version ${kept.version} is in force`) : doubtful('configuration', `version ${kept.version} is in force, and the file differs in ${differs} settings`, '`lineside config diff`, then `lineside config apply`')]
}

function directory({ directory: path }: Box): Diagnosis[] {
  if (!existsSync(path)) return [wrong('data directory', `there is no ${path}`, 'start the gateway once, or name it with --data')]
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch {
    return [doubtful('data directory', `${path} cannot be written by you`, 'run the doctor as the user of the gateway: sudo -u lineside lineside doctor')]
  }
  const open = statSync(path).mode & 0o007
  return [open === 0 ? well('data directory', path) : doubtful('data directory', `${path} can be read by everybody on this machine`, `chmod o-rwx ${path}`)]
}

function disk({ directory: path }: Box, config: Config): Diagnosis[] {
  if (!existsSync(path)) return []
  const { bavail, bsize, ffree, files } = statfsSync(path)
  const free = bavail * bsize
  const said = `${(free / 1e9).toFixed(1)} GB free`
  if (free < 2 * config.storage.ballast) return [wrong('disk', said, 'make room; when it is full the gateway gives its ballast back and then refuses commands')]
  if (files > 0 && ffree < 1_000) return [wrong('disk', `${ffree} file entries left`, 'delete small files elsewhere on this file system')]
  const wanted = config.storage.facts.bytes + config.storage.samples.bytes
  return [free < wanted / 10 ? doubtful('disk', `${said}; history may take up to ${(wanted / 1e9).toFixed(1)} GB`, 'lower `storage.facts.bytes` and `storage.samples.bytes`, or make room') : well('disk', said)]
}

function certificate({ server: { tls } }: Config): Diagnosis[] {
  if (tls === undefined) return []
  try {
    const { validTo } = new X509Certificate(readFileSync(tls.cert_file))
    const days = Math.floor((Date.parse(validTo) - systemClock.now()) / DAY_MS)
    if (days < 0) return [wrong('certificate', `it ended on ${validTo}`, 'put a new one in its place: a running gateway takes it within ten seconds')]
    return [days < CERTIFICATE_DAYS_LEFT ? doubtful('certificate', `it ends in ${days} days`, 'put a new one in its place: a running gateway takes it within ten seconds') : well('certificate', `it holds for ${days} days`)]
  } catch (error) {
    return [wrong('certificate', String(error), faults.CERTIFICATE_UNUSABLE[1])]
  }
}

function exposure({ server }: Config): Diagnosis[] {
  const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(server.host)
  if (isLocal || server.tls !== undefined) return [well('network', isLocal ? 'served on this machine only' : `served on ${server.host} with TLS`)]
  return [doubtful('network', `served on ${server.host} without TLS, as \`trusted_segment\` allows`, 'set `server.tls`, unless nobody else is on that network')]
}

function clock(): Diagnosis[] {
  const marker = '/run/systemd/timesync'
  if (!existsSync(marker)) return []
  return [existsSync(`${marker}/synchronized`) ? well('clock', 'synchronised') : doubtful('clock', 'this machine has not been told the time since it started', 'check its time server: timedatectl status')]
}

function accounts({ directory: path }: Box): Diagnosis[] {
  try {
    if (!existsSync(path)) return []
    const tokens = openTokens(path, systemClock).list()
    const first = tokens.find(({ name, role }) => name === 'first run' && role === 'admin')
    const ending = tokens.filter(({ expires_at: at }) => at !== null && (instantOf(at) ?? 0) - systemClock.now() < 7 * DAY_MS)
    return [
      tokens.length === 0 ? well('tokens', 'none yet; the first start makes one and shows it') :
      first === undefined ? well('tokens', `${tokens.length === 1 ? 'one token' : `${tokens.length} tokens`}, and that of the first start is not among them`) : doubtful('tokens', 'the administrator\'s token of the first start still opens everything', `make tokens for people and programs, then \`lineside token revoke ${first.id}\``),
      ...ending.map(({ id, name, expires_at: at }) => doubtful('tokens', `${name} (${id}) ends on ${at}`, 'make a new one and hand it over')),
    ]
  } catch (thrown) {
    return [wrong('tokens', thrown instanceof Fault ? thrown.message : String(thrown), thrown instanceof Fault ? thrown.remedy : 'see the rights of the data directory')]
  }
}

/* ── in the process ──────────────────────────────────────────────────────────────────────────── */

async function running(box: Box): Promise<Diagnosis[]> {
  try {
    const gateway = await box.gateway()
    const ready = await bareOf(gateway, service.readyz.data, service.readyz.path)
    const { turns } = ready
    const missed = turns.missed / Math.max(1, turns.finished + turns.missed)
    return [
      ready.ready ? well('gateway', `version ${ready.version} is ready`) : wrong('gateway', ready.reasons.join(', '), 'see its log: journalctl -u lineside'),
      ...ready.warnings.map((warning) => doubtful('gateway', warning, 'see `lineside config history`')),
      missed < 0.001 ? well('turns', `${turns.finished} finished, ${turns.missed} missed`) : doubtful('turns', `${turns.missed} of ${turns.finished} were missed`, 'something else takes the processor, or `gateway.cycle` is too short'),
      ...await storage(gateway), ...await plcs(gateway),
    ]
  } catch (error) {
    if (error instanceof CliError) return [wrong('gateway', error.message, error.next ?? 'see its log: journalctl -u lineside')]
    throw error
  }
}

async function storage(gateway: Gateway): Promise<Diagnosis[]> {
  const text = await ask(gateway, service.metrics.path, 'text').then(({ body }) => String(body))
  const walBytes = Number(/^lineside_journal_wal_bytes (\S+)$/m.exec(text)?.[1] ?? 0)
  return [walBytes < WAL_BYTES_MAX ? well('journal', 'written and folded in') : doubtful('journal', `its log has grown to ${(walBytes / 1e6).toFixed(0)} MB`, 'the disk is slow, or a reader holds it: restart the gateway, then `lineside db check`')]
}

async function plcs(gateway: Gateway): Promise<Diagnosis[]> {
  const { lines } = await dataOf(gateway, plant.lines.data, plant.lines.path)
  const seen = new Map<string, Diagnosis[]>()
  for (const { code } of lines) {
    for (const plc of (await dataOf(gateway, views.plcs, `${BASE}/lines/${code}/plcs`)).plcs) {
      const about = `PLC ${plc.plc}`
      const bad = plc.bad_tags.map(({ tag, fault, detail }) => doubtful(`${about}, tag ${tag}`, `${fault ?? 'bad'}${detail === '' ? '' : `: ${detail}`}`, fault !== null && isFaultCode(fault) ? adviceOn(fault, detail, en) : 'see its address'))
      const cycleMs = plc.cycle_seconds * 1_000
      const online = `online since ${plc.since}; reads take ${plc.read_milliseconds.p99.toFixed(1)} ms (p99) of ${cycleMs} ms`
      const link = plc.state === 'online'
        ? plc.read_milliseconds.p99 < cycleMs ? well(about, online) : doubtful(about, online, 'the PLC or its network is slow, or was just connected: if it stays so, read fewer tags or raise `cycle`')
        : wrong(about, `${plc.state} since ${plc.since}${plc.fault === null ? '' : `: ${plc.fault}`}${plc.detail === null ? '' : `, ${plc.detail}`}`, plc.remedy ?? 'see the network and the PLC')
      seen.set(plc.plc, [link, ...bad])
    }
  }
  return [...seen.values()].flat()
}
