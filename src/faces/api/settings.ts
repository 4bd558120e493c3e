/** Answers about the configuration: what is in force, what was before, and the way from one to another. */

import type { ConfigOutcome } from '../../contract/endpoints/settings.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import type { Handlers } from './ask.js'

/** What the part that changes the configuration gives to the interface. */
export interface SettingsDesk {
  /** `null` when that version is not kept. */
  show(version: number | null): DataOf<'config'> | null
  /** Without a text the file as it lies there. */
  apply(text: string | null, by: string): Promise<ConfigOutcome | Refusal>
  rollback(version: number | null, by: string): Promise<ConfigOutcome | Refusal>
}

export const settingsHandlers = (settings: SettingsDesk): Pick<Handlers, 'config' | 'config_apply' | 'config_rollback'> => ({
  config: ({ query }) => settings.show(query.version ?? null) ?? refuse('NOT_FOUND', { version: query.version ?? 0 }),
  config_apply: ({ query, actor }) => settings.apply(query.text ?? null, actor.name),
  config_rollback: ({ query, actor }) => settings.rollback(query.version ?? null, actor.name),
})
