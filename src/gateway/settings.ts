/** The configuration as the interface shows and changes it: over the same life cycle as the command line. */

import type { Applied, LifeCycle, NotApplied } from '../configuration/life-cycle.js'
import { type Versions, inForce, readSource } from '../configuration/versions.js'
import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import type { ConfigOutcome } from '../contract/endpoints/settings.js'
import { type Refusal, type RefusalCode, refuse } from '../contract/refusals.js'
import type { SettingsDesk } from '../faces/api/settings.js'

export function settingsDesk(lifeCycle: LifeCycle, versions: Versions, file: string): SettingsDesk {
  return {
    show(version) {
      const now = lifeCycle.now()
      const shown = version === null ? inForce(versions) : versions.list().find((one) => one.version === version) ?? null
      if (shown === null) return null
      return {
        version: now.version, state: now.state, warnings: [...now.warnings], shown: shown.version, text: shown.source.texts[shown.source.file] ?? '',
        versions: versions.list().toReversed().map(({ version: number, state, at, by, changes }) => ({ version: number, state, at, by, changes: [...changes] })),
      }
    },
    async apply(text, by) {
      const before = given(inForce(versions), 'the version in force').source
      const source = text === null ? readSource(file).source : { file: before.file, texts: { ...before.texts, [before.file]: text } }
      return outcome(await lifeCycle.apply(source, by, limits.trialMs), lifeCycle.now().version)
    },
    rollback: async (version, by) => outcome(await lifeCycle.rollback(version, by), lifeCycle.now().version),
  }
}

/** What stands in force already is what was asked for, and no no. */
function outcome(result: Applied | NotApplied, version: number): ConfigOutcome | Refusal {
  if (!('refused' in result)) return { applied: result.applied, changes: [...result.changes] }
  if (result.refused === 'UNCHANGED') return { applied: version, changes: [] }
  return refuse(refusalOf[result.refused], result.details.map((message) => ({ path: '', message })))
}

const refusalOf = {
  CONFIG_INVALID: 'CONFIG_INVALID', NEEDS_RESTART: 'CONFIG_NEEDS_RESTART', UNKNOWN_VERSION: 'VERSION_UNKNOWN', BUSY: 'CONFIG_BUSY', STANDBY: 'STANDBY',
} as const satisfies Record<Exclude<NotApplied['refused'], 'UNCHANGED'>, RefusalCode>
