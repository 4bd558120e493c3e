/** What a gateway wrote down, read back when it has ended. */

import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { seq } from '../../src/base/units.js'
import type { Config } from '../../src/contract/config.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { Journal } from '../../src/contract/journal.js'
import { openJournal } from '../../src/journal/journal.js'
import { arrangementOf } from '../../src/turn/arrangement.js'

/** Opens the journal that a gateway of this configuration left in the folder, for as long as `look` takes. */
export async function lookInto<T>(directory: string, config: Config, look: (journal: Journal) => Promise<T>): Promise<T> {
  const { groups, isRecorded } = arrangementOf(config, 1)
  const journal = await openJournal({ directory, clock: systemClock, log: silentLog, groups, recorded: isRecorded, storage: { ...config.storage, ballast: 0 } })
  try {
    return await look(journal)
  } finally {
    await journal.close()
  }
}

/** Every fact, in the order of their numbers. */
export async function factsIn(journal: Pick<Journal, 'facts'>): Promise<Fact[]> {
  const facts: Fact[] = []
  for (;;) {
    const page = await journal.facts({ after: seq(facts.at(-1)?.seq ?? 0), limit: 1_000 })
    if (page.length === 0) return facts
    facts.push(...page)
  }
}
