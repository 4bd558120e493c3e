/** The configuration as the interface shows and changes it: over the same life cycle as the command line. */

import type { Applied, LifeCycle, NotApplied } from '../configuration/life-cycle.js'
import { type Versions, inForce, readSource } from '../configuration/versions.js'
import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import type { ConfigOutcome } from '../contract/endpoints/settings.js'
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
      return outcome(await lifeCycle.apply(source, by, limits.trialMs))
    },
    rollback: async (version, by) => outcome(await lifeCycle.rollback(version, by)),
  }
}

const outcome = (result: Applied | NotApplied): ConfigOutcome => 'refused' in result
  ? { applied: null, changes: [], refusal: result.refused, why: result.why, details: [...result.details] }
  : { applied: result.applied, changes: [...result.changes], refusal: null, why: null, details: [] }
