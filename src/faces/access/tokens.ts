/** API tokens: made, listed, revoked and recognised. The file holds hashes; a token itself is shown once. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Instant, instantOf, rfc3339 } from '../../base/units.js'
import { faultOf } from '../../contract/faults.js'
import { type Actor, roles } from '../../contract/roles.js'
import { code, instantText, shortText, z } from '../../contract/schema.js'
import { openSharedFile } from './shared-file.js'

const tokenRecord = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{10}$/),
  /** SHA-256 of the whole token, in hex. 256 random bits need no slow hash. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  name: shortText, role: z.enum(roles),
  lines: z.array(code).nullable(), created_at: instantText, expires_at: instantText.nullable(),
})
const tokenFile = z.strictObject({ version: z.literal(1), tokens: z.array(tokenRecord).max(limits.tokensMax) })
export type TokenRecord = z.output<typeof tokenRecord>

export interface TokenWish {
  readonly name: string
  readonly role: Actor['role']
  /** Codes of the lines it reaches; `null` for all. */
  readonly lines: readonly string[] | null
  readonly expiresAt: Instant | null
}

export interface Tokens {
  /** The actor behind a token; `null` when it is unknown, revoked or expired. */
  actorOf(token: string): Actor | null
  /** Nothing but the actor's id is asked: is its token still good? */
  holds(id: string): boolean
  /** `token` is shown here and never again. */
  create(wish: TokenWish): Promise<{ readonly token: string; readonly record: TokenRecord }>
  list(): readonly TokenRecord[]
  /** What it was; `null` when there is no such token. */
  revoke(id: string): Promise<TokenRecord | null>
  /** Takes records over from another box as they are there, and lets go of those with the ids of `gone`. Ids are never given twice. */
  mirror(records: readonly unknown[], gone: readonly string[]): Promise<void>
}

interface Known { readonly actor: Actor; readonly hash: Buffer; readonly until: Instant | null }

/**
 * The tokens in `tokens.json` of the data directory. Gateway and command line may both have it open.
 * Throws `TOKENS_UNREADABLE` when the file is there but makes no sense.
 */
export function openTokens(directory: string, clock: Clock): Tokens {
  const verified = new Map<string, Known>()
  let known = new Map<string, Known>()
  let records: readonly TokenRecord[] = []
  const file = openSharedFile<TokenRecord>({
    directory, name: 'tokens', clock, recordsMax: limits.tokensMax, read,
    contentOf: (tokens) => ({ version: 1, tokens: [...tokens] } satisfies z.input<typeof tokenFile>),
    take(tokens) {
      records = tokens
      known = new Map(tokens.map((record) => [record.id, knownOf(record)]))
      verified.clear()
    },
    // A file that makes no sense now must not keep a revoked token alive: nobody is known until it is mended.
    forget() {
      known.clear()
      verified.clear()
    },
  })

  const good = (entry: Known): boolean => entry.until === null || clock.now() < entry.until

  return {
    actorOf(token) {
      file.look()
      const seen = verified.get(token)
      if (seen !== undefined) return good(seen) ? seen.actor : null
      const entry = recognise(token, known)
      if (entry === null || !good(entry)) return null
      if (verified.size >= limits.tokensMax) verified.clear()
      verified.set(token, entry)
      return entry.actor
    },
    holds(id) {
      file.look()
      const entry = known.get(id)
      return entry !== undefined && good(entry)
    },
    async create(wish) {
      const id = randomBytes(5).toString('hex')
      const token = `ls_${id}_${randomBytes(32).toString('base64url')}`
      const record: TokenRecord = {
        id, hash: digest(token).toString('hex'), name: wish.name, role: wish.role, lines: wish.lines === null ? null : [...wish.lines],
        created_at: rfc3339(clock.now()), expires_at: wish.expiresAt === null ? null : rfc3339(wish.expiresAt),
      }
      await file.change((others) => [...others, record])
      return { token, record }
    },
    list() {
      file.look()
      return records
    },
    async revoke(id) {
      let revoked: TokenRecord | null = null
      await file.change((all) => {
        revoked = all.find((record) => record.id === id) ?? null
        return all.filter((record) => record.id !== id)
      })
      return revoked
    },
    async mirror(given, gone) {
      const copies = z.array(tokenRecord).parse(given)
      const replaced = new Set([...gone, ...copies.map(({ id }) => id)])
      await file.change((all) => [...all.filter(({ id }) => !replaced.has(id)), ...copies])
    },
  }
}

/** The administrator's first token, when there is none at all; `null` otherwise. */
export async function firstToken(tokens: Tokens): Promise<string | null> {
  return tokens.list().length > 0 ? null : (await tokens.create({ name: 'first run', role: 'admin', lines: null, expiresAt: null })).token
}

const TOKEN = /^ls_([0-9a-f]{10})_[A-Za-z0-9_-]{43}$/
const nobody = Buffer.alloc(32)

/** Compares in constant time, also when the id is unknown. */
function recognise(token: string, known: ReadonlyMap<string, Known>): Known | null {
  const id = TOKEN.exec(token)?.[1]
  if (id === undefined) return null
  const entry = known.get(id)
  const equal = timingSafeEqual(digest(token), entry?.hash ?? nobody)
  return equal && entry !== undefined ? entry : null
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest()

function knownOf(record: TokenRecord): Known {
  return {
    actor: { id: record.id, name: record.name, role: record.role, lines: record.lines },
    hash: Buffer.from(record.hash, 'hex'),
    until: record.expires_at === null ? null : instantOf(record.expires_at),
  }
}

function read(path: string): readonly TokenRecord[] {
  try {
    return tokenFile.parse(JSON.parse(readFileSync(path, 'utf8'))).tokens
  } catch (thrown) {
    throw faultOf(thrown, 'TOKENS_UNREADABLE', { path })
  }
}
