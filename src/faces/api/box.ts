/** Answers about the box: what it stores, which certificates end when, the end of its log, and the file for somebody far away. */

import { X509Certificate } from 'node:crypto'
import { readFile, statfs } from 'node:fs/promises'
import { arch, release } from 'node:os'
import { rfc3339, since } from '../../base/units.js'
import { type Certificate, type LogLine, logLine } from '../../contract/box.js'
import type { Desk } from '../../contract/desk.js'
import type { JournalSizes } from '../../contract/journal.js'
import { refuse } from '../../contract/refusals.js'
import type { Handlers } from './ask.js'

/** What only the process itself can give. */
export interface BoxDesk {
  /** The newest lines of the log as they were written, oldest first. */
  logLines(): readonly string[]
  /** All that somebody far away needs, gzipped, without a secret; `null` while it is being made. */
  supportBundle(): Promise<Buffer | null>
}

const DAY_MS = 86_400_000
/** A start writes more than a day of watching does at the same pace; before this it would frighten for nothing. */
const TELLING_MS = 10 * 60_000
const levels = ['debug', 'info', 'warn', 'error']

export function boxHandlers(desk: Desk, box: BoxDesk): Pick<Handlers, 'box' | 'box_log' | 'support_bundle'> {
  return {
    async box() {
      const { storage } = desk.config
      const [sizes, disk, certificates] = await Promise.all([desk.sizes(), diskOf(storage.directory), certificatesOf(desk)])
      return {
        gateway: desk.gateway, version: desk.version, node: process.version, system: `${process.platform} ${release()} ${arch()}`, config: desk.configVersion,
        up_since: rfc3339(desk.health().startedAt), memory_bytes: process.memoryUsage.rss(), disk,
        storage: {
          database_bytes: sizes.databaseBytes, wal_bytes: sizes.walBytes, free_bytes: sizes.freeBytes, facts: sizes.factsCount, first_seq: sizes.factSeqFirst, samples: sizes.samplesCount,
          written_bytes_per_day: wearOf(desk, sizes),
          keep: { facts_days: storage.facts.keep / DAY_MS, facts_bytes: storage.facts.bytes, samples_days: storage.samples.keep / DAY_MS, samples_bytes: storage.samples.bytes },
        },
        certificates,
      }
    },
    box_log({ query }) {
      const from = levels.indexOf(query.level)
      return { lines: box.logLines().flatMap(read).filter(({ level }) => levels.indexOf(level) >= from).slice(-query.limit) }
    },
    async support_bundle() {
      const bundle = await box.supportBundle()
      if (bundle === null) return refuse('BUNDLE_UNDER_WAY')
      const file = `lineside-support-${rfc3339(desk.now()).replaceAll(':', '')}.json.gz`
      return { status: 200, bare: bundle, headers: [['Content-Disposition', `attachment; filename="${file}"`], ['Cache-Control', 'no-store'], ['X-Content-Type-Options', 'nosniff']] }
    },
  }
}

/** A line that is none of ours, such as a warning of the runtime, is left out. */
function read(text: string): LogLine[] {
  try {
    const { at, level, part = null, sentence, ...fields } = JSON.parse(text) as Record<string, unknown>
    const line = logLine.safeParse({ at, level, part, sentence, fields })
    return line.success ? [line.data] : []
  } catch {
    return []
  }
}

/** Bytes a day at the pace since the start; `null` as long as that says more of the start than of the days to come. */
export const wearOf = (desk: Desk, sizes: JournalSizes): number | null => since(desk.now(), desk.health().startedAt) < TELLING_MS ? null : sizes.writtenBytesPerDay

/** Of the file system with the data; `null` where it does not tell. */
export async function diskOf(directory: string): Promise<{ free_bytes: number; total_bytes: number } | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory)
    return { free_bytes: bavail * bsize, total_bytes: blocks * bsize }
  } catch {
    return null
  }
}

/** Ours, and those that upstreams are shown or trust. */
async function certificatesOf(desk: Desk): Promise<Certificate[]> {
  const { server, upstreams } = desk.config
  const files = [
    ...server.tls === undefined ? [] : [{ of: 'server', file: server.tls.cert_file }],
    ...upstreams.flatMap(({ name, tls }) => [tls?.cert_file, tls?.ca_file].flatMap((file) => (file === undefined ? [] : [{ of: name, file }]))),
  ]
  return Promise.all(files.map(async ({ of, file }) => {
    try {
      const certificate = new X509Certificate(await readFile(file))
      const endsAt = Date.parse(certificate.validTo)
      return { of, subject: certificate.subject.replaceAll('\n', ', '), ends_at: new Date(endsAt).toISOString(), days_left: Math.floor((endsAt - desk.now()) / DAY_MS), trouble: null }
    } catch (thrown) {
      return { of, subject: file, ends_at: null, days_left: null, trouble: thrown instanceof Error ? thrown.message : String(thrown) }
    }
  }))
}
