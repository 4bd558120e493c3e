/** Which configuration was in force until when: the journal says it, and the versions that are kept say what each of them was. */

import { limits } from '../base/limits.js'
import { type Instant, instant, instantOf, later } from '../base/units.js'
import type { Draft, Fact, FactName } from '../contract/events/catalogue.js'
import type { Journal } from '../contract/journal.js'
import { type Era, type LinePlan, linePlans } from '../core/time/plan.js'
import { underEras } from '../core/time/eras.js'
import type { ConfigOf } from './recollect.js'

/** What tells of a change, and of a clock that was set back over one. */
const changing = ['config_applied', 'config_rejected', 'clock_stepped'] as const satisfies readonly FactName[]

/** Plans as the configuration makes them, with those that these facts say were in force before. A version that is not kept any more is as the next one that is. */
export function datedPlans(plans: readonly LinePlan[], facts: readonly (Draft | Fact)[], configOf: ConfigOf): LinePlan[] {
  const ends = endsOf(facts)
  const made = new Map([...new Set(ends.map(({ version }) => version))].map((version) => {
    const config = configOf(version)
    return [version, config === null ? [] : linePlans(config, version)] as const
  }))
  return plans.map((plan) => underEras(plan, ends.flatMap(({ version, to }): Era[] => {
    const before = made.get(version)?.find(({ line }) => line.code === plan.line.code)
    return before === undefined ? [] : [{ to, plan: before }]
  })))
}

/** The same out of a journal, as far back as a start looks; `starting` is what the first turn is about to tell. */
export async function plansOfJournal(plans: readonly LinePlan[], journal: Pick<Journal, 'facts'>, now: Instant, configOf: ConfigOf, starting: readonly Draft[] = []): Promise<LinePlan[]> {
  const facts = await journal.facts({ types: changing, from: later(now, -limits.erasMs), newestFirst: true, limit: limits.factsPerReadMax })
  return datedPlans(plans, [...facts.toReversed(), ...starting], configOf)
}

interface End { readonly version: number; readonly to: Instant }

function endsOf(facts: readonly (Draft | Fact)[]): readonly End[] {
  const ends: { readonly version: number; to: Instant }[] = []
  let inForce: number | null = null
  for (const fact of facts) {
    switch (fact.type) {
      case 'config_applied': {
        const { version, previous } = fact.body
        if (previous !== null) ends.push({ version: previous, to: fact.at })
        inForce = version
        break
      }
      // One that a start did not try again leaves the one before it in force; one that was taken back while it ran told so itself.
      case 'config_rejected': {
        const { version, rejected } = fact.body
        if (rejected !== null && rejected === inForce) {
          ends.push({ version: rejected, to: fact.at })
          inForce = version
        }
        break
      }
      case 'clock_stepped': {
        const after = instantOf(fact.body.after)!
        for (const end of ends) end.to = instant(Math.min(end.to, after))
        break
      }
      default: break
    }
  }
  return ends
}
