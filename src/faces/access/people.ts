/** People who share a station: each has a role and a PIN, which only counts where a station is signed in. The file holds slow, salted hashes. */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Ms, rfc3339 } from '../../base/units.js'
import { faultOf } from '../../contract/faults.js'
import { personRoles } from '../../contract/roles.js'
import { code, instantText, shortText, z } from '../../contract/schema.js'
import { pin } from '../../contract/session.js'
import { openBuckets } from './buckets.js'
import { openSharedFile } from './shared-file.js'

const personRecord = z.strictObject({
  /** Another one whenever the PIN or the rights change, so that what was opened with the old ones ends. */
  id: z.string().regex(/^[0-9a-f]{10}$/),
  name: shortText, role: z.enum(personRoles), lines: z.array(code).nullable(),
  /** scrypt with the parameters below, in hex. A PIN has few values: the throttle is what keeps it, the slow hash is for a stolen file. */
  salt: z.string().regex(/^[0-9a-f]{32}$/), hash: z.string().regex(/^[0-9a-f]{64}$/), created_at: instantText,
})
const personFile = z.strictObject({ version: z.literal(1), people: z.array(personRecord).max(limits.peopleMax) })
export type PersonRecord = z.output<typeof personRecord>
export type Person = Pick<PersonRecord, 'id' | 'name' | 'role' | 'lines'>

export interface People {
  /** The person of that name, if the PIN is theirs; how long to wait, if too many wrong ones came. An unknown name takes as long as a wrong PIN. */
  prove(name: string, given: string): Promise<Person | { readonly waitMs: Ms } | null>
  /** Does a person of this id still exist, with these rights and this PIN? */
  holds(id: string): boolean
  list(): readonly PersonRecord[]
  /** Makes a person known, or gives a known one another role or PIN. */
  set(wish: Omit<Person, 'id'> & { readonly pin: string }): Promise<PersonRecord>
  /** Who it was; `null` when nobody has that name. */
  remove(name: string): Promise<PersonRecord | null>
  /** Takes records over from another box as they are there, and lets go of those with the ids of `gone`. A name stands for one person only. */
  mirror(records: readonly unknown[], gone: readonly string[]): Promise<void>
}

const COST = { N: 2 ** 14, r: 8, p: 1 }
const KEY_BYTES = 32
const slow = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt)
const nobody = { salt: Buffer.alloc(16), hash: Buffer.alloc(KEY_BYTES) }

/**
 * The people in `people.json` of the data directory. Gateway and command line may both have it open.
 * Throws `TOKENS_UNREADABLE` when the file is there but makes no sense.
 */
export function openPeople(directory: string, clock: Clock): People {
  const wrong = openBuckets(limits.wrongPins, clock)
  let records: readonly PersonRecord[] = []
  const file = openSharedFile<PersonRecord>({
    directory, name: 'people', clock, recordsMax: limits.peopleMax, read,
    contentOf: (people) => ({ version: 1, people: [...people] } satisfies z.input<typeof personFile>),
    take: (people) => { records = people },
    // Nobody is known until the file is mended; the stations go on, and so does the line.
    forget: () => { records = [] },
  })

  return {
    async prove(name, given) {
      file.look()
      // Taken before the work, so that many at once are no way around it; given back by nobody, because a right PIN is typed seldom.
      const waitMs = wrong.take(name)
      if (waitMs > 0) return { waitMs }
      const record = records.find((one) => one.name === name)
      const hash = await hashOf(given, record === undefined ? nobody.salt : Buffer.from(record.salt, 'hex'))
      const equal = timingSafeEqual(hash, record === undefined ? nobody.hash : Buffer.from(record.hash, 'hex'))
      return equal && record !== undefined ? { id: record.id, name: record.name, role: record.role, lines: record.lines } : null
    },
    holds(id) {
      file.look()
      return records.some((one) => one.id === id)
    },
    list() {
      file.look()
      return records
    },
    async set({ name, role, lines, pin: given }) {
      const salt = randomBytes(16)
      const hash = await hashOf(pin.parse(given), salt)
      const record: PersonRecord = {
        id: randomBytes(5).toString('hex'), name, role, lines: lines === null ? null : [...lines], salt: salt.toString('hex'), hash: hash.toString('hex'), created_at: rfc3339(clock.now()),
      }
      await file.change((others) => [...others.filter((one) => one.name !== name), record])
      return record
    },
    async remove(name) {
      let removed: PersonRecord | null = null
      await file.change((all) => {
        removed = all.find((one) => one.name === name) ?? null
        return all.filter((one) => one.name !== name)
      })
      return removed
    },
    async mirror(given, gone) {
      const copies = z.array(personRecord).parse(given)
      const names = new Set(copies.map(({ name }) => name))
      await file.change((all) => [...all.filter(({ id, name }) => !gone.includes(id) && !names.has(name)), ...copies])
    },
  }
}

const hashOf = (given: string, salt: Buffer): Promise<Buffer> => slow(given, salt, KEY_BYTES, COST)

function read(path: string): readonly PersonRecord[] {
  try {
    return personFile.parse(JSON.parse(readFileSync(path, 'utf8'))).people
  } catch (thrown) {
    throw faultOf(thrown, 'TOKENS_UNREADABLE', { path })
  }
}
