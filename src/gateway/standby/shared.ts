/** What both boxes have. While the other one follows, no MES is told of more, so that whoever goes on knows all that was ever told. */

import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Ms, mono, sinceMono } from '../../base/units.js'
import type { Place } from '../../contract/copy.js'
import type { Desk, Follower } from '../../contract/desk.js'
import type { Fact } from '../../contract/events/catalogue.js'
import type { Lane } from '../../contract/upstream.js'

/*
 * A box that goes on for one that died begins with the last fact that it copied, and finds the parts made since by their counters. An MES that had heard more
 * of the dead box would count these parts twice, and its loss rows would stand beside those of the box that went on. So what is told is copied first: a matter of
 * milliseconds, since the other box waits for every fact. When it has not asked for `silence` this one goes on telling alone, and every batch says so: what came in
 * such a batch is to be struck when the other box goes on from a place before it.
 */

export interface Shared {
  /** The other box has all up to there on its disk. */
  has(place: Place): void
  /** To be called now and then: whoever has waited long enough for the other box goes on without. */
  look(): void
  /** Whether this number of a lane is known to nobody else. */
  isAlone(lane: Lane, number: number): boolean
  /** The same desk, whose facts and loss rows end where the other box's do. */
  deskOf(desk: Desk): Desk
}

interface Waiting { readonly follower: Follower; readonly facts: Fact[] }

export function openShared(clock: Clock, silence: Ms): Shared {
  const followers = new Set<Waiting>()
  let place: Place | null = null
  let heardAt = clock.mono()

  const reach = (lane: Lane): number => (lane === 'samples' ? Infinity : place?.[lane === 'facts' ? 'seq' : 'rows'] ?? 0)
  const isAlone = (lane: Lane, number: number): boolean => number > reach(lane)
  const isAwaited = (): boolean => sinceMono(clock.mono(), heardAt) < silence
  const mayTell = (lane: Lane, number: number): boolean => !isAwaited() || !isAlone(lane, number)

  function tell({ follower, facts }: Waiting): void {
    const held = facts.findIndex(({ seq }) => !mayTell('facts', seq))
    const due = facts.splice(0, held === -1 ? facts.length : held)
    if (due.length > 0) follower.facts(due)
  }
  const look = (): void => { for (const waiting of followers) tell(waiting) }

  return {
    look, isAlone,
    has(kept) {
      place = kept
      heardAt = clock.mono()
      look()
    },
    deskOf: (desk) => delegating(desk, {
      facts: async (query) => (await desk.facts(query)).filter(({ seq }) => mayTell('facts', seq)),
      rowsWritten: async (query) => (await desk.rowsWritten(query)).filter(({ written }) => mayTell('rows', written)),
      follow(follower) {
        const waiting: Waiting = { follower, facts: [] }
        followers.add(waiting)
        const leave = desk.follow({
          ...follower,
          facts(facts) {
            waiting.facts.push(...facts)
            // More than a broken copy may hold up is told as if nobody followed.
            if (waiting.facts.length > limits.sharedFactsMax) heardAt = mono(clock.mono() - silence)
            tell(waiting)
          },
        })
        return () => {
          leave()
          followers.delete(waiting)
        }
      },
    }),
  }
}

/** Asked at any time the desk answers as it then would: its configuration changes while others hold it. */
const delegating = (desk: Desk, own: Partial<Desk>): Desk => Object.assign(Object.create(desk) as Desk, own)
