/** `lineside support-bundle`: all that somebody far away needs to see, in one file, without a secret. */

import { writeFileSync } from 'node:fs'
import { arch, cpus, freemem, loadavg, release, totalmem, uptime } from 'node:os'
import { gzipSync } from 'node:zlib'
import { plant } from '../contract/endpoints/plant.js'
import { service } from '../contract/endpoints/service.js'
import { type Box, examine } from './doctor.js'
import { type Gateway, ask } from '../faces/cli/gateway.js'
import { checkDatabase } from '../journal/keeping/care.js'
import { databasePath } from '../journal/keeping/gate.js'
import { version } from '../version.js'
import { openVersions } from '../configuration/versions.js'

/** Settings and fields whose values nobody far away needs: names of secrets, and who is meant by them. */
const SECRET = /pass(word)?|secret|token|^pin$|credential|private|authorization|cookie|^user(name)?$/i
/** The name of a file is none. */
const isSecret = (name: string): boolean => SECRET.test(name) && !name.endsWith('_file')
/** A token or a key that stands in the middle of a text. */
const LOOKS_SECRET = /\bls_[0-9a-f]{10}_[A-Za-z0-9_-]{43}|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----|\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}|(:\/\/[^\s:/@]+):[^\s@/]+@/g
const FACTS_COUNT = 1_000

/** Writes gzipped JSON and returns what it holds. A part that cannot be had says why in its place. */
export async function writeBundle(box: Box, to: string, at: string): Promise<readonly string[]> {
  const gateway = box.gateway()
  gateway.catch(() => undefined)
  const parts: Readonly<Record<string, () => unknown>> = {
    about: () => ({ at, version, node: process.version, system: `${process.platform} ${release()} ${arch()}`, cores: cpus().length, load: loadavg(), memory: { total: totalmem(), free: freemem() }, up_seconds: uptime() }),
    doctor: () => examine(box),
    configurations: () => openVersions(box.directory).list(),
    journal: () => checkDatabase(databasePath(box.directory)),
    readyz: async () => (await ask(await gateway, service.readyz.path)).body,
    metrics: async () => (await ask(await gateway, service.metrics.path, 'text')).body,
    facts: async () => lastFacts(await gateway),
  }
  const bundle: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(parts)) {
    try {
      bundle[name] = redacted(await part())
    } catch (error) {
      bundle[name] = { missing: redacted(error instanceof Error ? error.message : String(error)) }
    }
  }
  writeFileSync(to, gzipSync(JSON.stringify(bundle, null, 1)), { mode: 0o600, flag: 'wx' })
  return Object.keys(bundle)
}

async function lastFacts(gateway: Gateway): Promise<unknown> {
  const page = async (after: number) => plant.journal.data.parse(((await ask(gateway, `${plant.journal.path}?limit=${FACTS_COUNT}&after=${after}`)).body as { readonly data: unknown }).data)
  const { head } = await page(0)
  return (await page(Math.max(0, head - FACTS_COUNT))).events
}

/** A copy without secrets: by the name of a field, and by the look of a text. The text of a configuration is gone through line by line. */
export function redacted(value: unknown, name = ''): unknown {
  if (isSecret(name) && (typeof value === 'string' || typeof value === 'number')) return '***'
  if (typeof value === 'string') return redactedText(value)
  if (Array.isArray(value)) return value.map((item) => redacted(item))
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, redacted(member, key)]))
  return value
}

const redactedText = (text: string): string =>
  text
    .replace(LOOKS_SECRET, (found, scheme: string | undefined, address: string | undefined) => (address === undefined ? scheme === undefined ? '***' : `${scheme} ***` : `${address}:***@`))
    .replace(/^(\s*(?:- )?["']?([\w-]+)["']?\s*:\s*)(\S.*)$/gm, (line, head: string, key: string) => (isSecret(key) ? `${head}***` : line))
    .replace(/([{,]\s*["']?([\w-]+)["']?\s*:\s*)("[^"]*"|'[^']*'|[^,}\n]+)/g, (found, head: string, key: string) => (isSecret(key) ? `${head}***` : found))
