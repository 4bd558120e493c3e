/** Signals that announce stops: how their summaries before stops differ from those of matched quiet times. */

import { adjusted, rankTest, wilson } from './statistics.js'

/** One summary per window: samples within one are not independent. Groups are in the order of time. */
export interface Candidate {
  readonly signal: string
  readonly beforeStops: readonly number[]
  readonly quiet: readonly number[]
}

export interface Indicator {
  readonly signal: string
  readonly stops: number
  readonly controls: number
  readonly auc: number
  /** Adjusted for all candidates that were looked at. */
  readonly p: number
  /** Of a signal that is only ever 0 or 1: how much likelier it is on before a stop, with the Wilson intervals of both shares. */
  readonly lift: { readonly value: number | null; readonly beforeStops: Share; readonly quiet: Share } | null
  /** The difference holds in later windows that did not help to find it. */
  readonly holds: boolean
  readonly shown: boolean
}
interface Share { readonly share: number; readonly low: number; readonly high: number }

/** Fewer stops say nothing. */
export const STOPS_MIN = 10
const AUC_HIGH = 0.7
const P_MAX = 0.05
/** The earlier part finds, the later part confirms. */
const FINDING_SHARE = 2 / 3

/** Every candidate that was looked at, the clearest first; `shown` are those that may be told (domain note 10.6). */
export function indicatorsOf(candidates: readonly Candidate[]): Indicator[] {
  const looked = candidates.flatMap((candidate) => {
    const [stops, laterStops] = cut(candidate.beforeStops)
    const [quiet, laterQuiet] = cut(candidate.quiet)
    const found = rankTest(stops, quiet)
    const later = rankTest(laterStops, laterQuiet)
    return found === null ? [] : [{ candidate, found, later }]
  })
  const ps = adjusted(looked.map(({ found }) => found.p))
  return looked.map(({ candidate, found, later }, i) => {
    const p = ps[i]!
    const clear = found.auc >= AUC_HIGH || found.auc <= 1 - AUC_HIGH
    const holds = later !== null && Math.sign(later.auc - 0.5) === Math.sign(found.auc - 0.5) && (later.auc >= AUC_HIGH || later.auc <= 1 - AUC_HIGH)
    return {
      signal: candidate.signal, stops: candidate.beforeStops.length, controls: candidate.quiet.length, auc: found.auc, p, lift: liftOf(candidate), holds,
      shown: candidate.beforeStops.length >= STOPS_MIN && clear && p < P_MAX && holds,
    }
  }).sort((one, other) => Math.abs(other.auc - 0.5) - Math.abs(one.auc - 0.5))
}

const cut = (values: readonly number[]): readonly [readonly number[], readonly number[]] => {
  const at = Math.ceil(values.length * FINDING_SHARE)
  return [values.slice(0, at), values.slice(at)]
}

function liftOf({ beforeStops, quiet }: Candidate): Indicator['lift'] {
  if (![...beforeStops, ...quiet].every((value) => value === 0 || value === 1)) return null
  const share = (values: readonly number[]): Share => {
    const hits = values.filter((value) => value === 1).length
    return { share: values.length === 0 ? 0 : hits / values.length, ...wilson(hits, values.length) }
  }
  const [before, rest] = [share(beforeStops), share(quiet)]
  return { value: rest.share === 0 ? null : before.share / rest.share, beforeStops: before, quiet: rest }
}
