/** Solves a plan in a process of its own, so that a day of samples takes no turn of the gateway's. */

import { setPriority } from 'node:os'
import { type Instant, instant } from '../base/units.js'
import type { Config } from '../contract/config.js'
import type { Plan } from '../contract/plan.js'
import { type Source, configOfSource } from '../configuration/versions.js'
import { planOf } from './plan.js'

export interface PlanJob { readonly before: Source; readonly after: Source; readonly directory: string; readonly from: Instant; readonly to: Instant }
export type PlanReport = { readonly progress: number } | { readonly plan: Plan } | { readonly failed: string }

const report = (message: PlanReport): void => { process.send?.(message) }

// The line comes first. Under a unit that forbids it, the plan runs like anything else.
try { setPriority(10) } catch { /* as it is */ }
process.on('disconnect', () => { process.exit() })
process.once('message', (message) => {
  // Its parent forked it for this one message.
  const { before, after, directory, from, to } = message as PlanJob
  let told = 0
  planOf({ before: configIn(before), after: configIn(after), directory, from: instant(from), to: instant(to) }, (progress) => {
    if (progress < told + 0.01) return
    told = progress
    report({ progress })
  }).then((plan) => { report({ plan }) }, (thrown: unknown) => { report({ failed: thrown instanceof Error ? thrown.message : String(thrown) }) }).finally(() => { process.disconnect() })
})

function configIn(source: Source): Config {
  const read = configOfSource(source)
  if ('config' in read) return read.config
  throw new Error('a configuration has errors')
}
