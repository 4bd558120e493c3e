/** Token buckets: how often somebody may do something, with a reserve for bursts. */

import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Mono, type Ms, sinceMono } from '../../base/units.js'

export interface BucketRule {
  readonly perSecond: number
  readonly burst: number
}

export interface Buckets {
  /** 0 when it may be done now; else how long to wait. */
  take(key: string): Ms
  /** Like `take`, but takes nothing. */
  look(key: string): Ms
}

export function openBuckets(rule: BucketRule, clock: Clock): Buckets {
  const buckets = new Map<string, { left: number; at: Mono }>()

  function filled(key: string): { left: number; at: Mono } {
    const now = clock.mono()
    const bucket = buckets.get(key)
    if (bucket !== undefined) {
      bucket.left = Math.min(rule.burst, bucket.left + sinceMono(now, bucket.at) / 1_000 * rule.perSecond)
      bucket.at = now
      return bucket
    }
    // The longest unknown makes room: it starts full again, which harms nobody but us.
    if (buckets.size >= limits.bucketsMax) buckets.delete(buckets.keys().next().value!)
    const fresh = { left: rule.burst, at: now }
    buckets.set(key, fresh)
    return fresh
  }

  const wait = (left: number): Ms => left >= 1 ? 0 : (1 - left) / rule.perSecond * 1_000

  return {
    take(key) {
      const bucket = filled(key)
      const waitMs = wait(bucket.left)
      if (waitMs === 0) bucket.left--
      return waitMs
    },
    look: (key) => wait(buckets.has(key) ? filled(key).left : rule.burst),
  }
}
