/** Changes of who may come in that were made at the box itself: they wait in a file of the data directory until the gateway has journalled them. */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { instantOf, rfc3339 } from '../../base/units.js'
import type { DraftOf } from '../../contract/events/catalogue.js'
import { accessChanged } from '../../contract/events/gateway.js'
import { Fault, faultOf } from '../../contract/faults.js'
import { instantText, z } from '../../contract/schema.js'
import { openSharedFile } from './shared-file.js'

const waitingRecord = z.strictObject({ id: z.string().regex(/^[0-9a-f]{10}$/), at: instantText, body: accessChanged.body })
const waitingFile = z.strictObject({ version: z.literal(1), changes: z.array(waitingRecord).max(limits.accessChangesWaitingMax) })
type WaitingRecord = z.output<typeof waitingRecord>

export interface Waiting { readonly id: string; readonly draft: DraftOf<'access_changed'> }

export interface Untold {
  /** Nothing is to be changed that cannot be told: throws `AUDIT_FULL` when too much waits already. */
  makeSure(): void
  add(draft: DraftOf<'access_changed'>): Promise<void>
  /** Oldest first. */
  list(): readonly Waiting[]
  /** The journal has it. */
  letGo(id: string): Promise<void>
}

/** Gateway and command line may both have it open. Throws `TOKENS_UNREADABLE` when the file is there but makes no sense. */
export function openUntold(directory: string, clock: Clock): Untold {
  let records: readonly WaitingRecord[] = []
  const file = openSharedFile<WaitingRecord>({
    directory, name: 'access-changes', clock, recordsMax: limits.accessChangesWaitingMax, read,
    contentOf: (changes) => ({ version: 1, changes: [...changes] } satisfies z.input<typeof waitingFile>),
    take: (changes) => { records = changes },
    forget: () => { records = [] },
  })
  return {
    makeSure() {
      if (records.length >= limits.accessChangesWaitingMax) throw new Fault('AUDIT_FULL', { directory, waitingCount: records.length })
    },
    add: ({ at, body }) => file.change((others) => [...others, { id: randomBytes(5).toString('hex'), at: rfc3339(at), body }]),
    list() {
      file.look()
      return records.map(({ id, at, body }) => ({ id, draft: { type: 'access_changed', at: instantOf(at)!, line: null, equipment: null, body } }))
    },
    letGo: (id) => file.change((all) => all.filter((one) => one.id !== id)),
  }
}

function read(path: string): readonly WaitingRecord[] {
  try {
    return waitingFile.parse(JSON.parse(readFileSync(path, 'utf8'))).changes
  } catch (thrown) {
    throw faultOf(thrown, 'TOKENS_UNREADABLE', { path })
  }
}
