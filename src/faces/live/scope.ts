/** What a reader may hear and has asked to hear. */

import type { Desk } from '../../contract/desk.js'
import { type Fact, type Reading, type ReadingName, factNames, readingNames } from '../../contract/events/catalogue.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'

/** The reach of a connection: its address, cut down to what its actor may view. Codes, never UUIDs. */
export interface Scope {
  /** Lines it reaches. */
  readonly lines: readonly string[]
  /** The one equipment it is about; `null` for all of its lines. */
  readonly equipment: string | null
  /** It also hears of the gateway itself: an address without a line, asked by somebody who reaches every line. */
  readonly gateway: boolean
}

/** What one `subscribe` asked for; `null` means any. */
export interface Subscription {
  readonly types: ReadonlySet<string>
  readonly line: string | null
  readonly equipment: string | null
}

/** Every event type one can subscribe to. */
export const subjects: readonly string[] = [...factNames, ...readingNames]

export function scopeOf(desk: Desk, actor: Actor, address: { readonly line: string | null; readonly equipment: string | null }): Scope | Refusal {
  if (address.equipment !== null) {
    const line = desk.lineOf(address.equipment)
    if (line === null) return refuse('EQUIPMENT_UNKNOWN', { equipment_code: address.equipment })
    return may(actor, 'view', line) ? { lines: [line], equipment: address.equipment, gateway: false } : refuse('FORBIDDEN', { line })
  }
  if (address.line !== null) {
    const line = desk.line(address.line)
    if (line === null) return refuse('LINE_UNKNOWN', { line_id: address.line })
    return may(actor, 'view', line.code) ? { lines: [line.code], equipment: null, gateway: false } : refuse('FORBIDDEN', { line: line.code })
  }
  const lines = desk.config.lines.map((line) => line.code).filter((line) => may(actor, 'view', line))
  return may(actor, 'view', null) ? { lines, equipment: null, gateway: actor.lines === null } : refuse('FORBIDDEN')
}

/** `subscriptions: null` is a connection that has not narrowed itself yet: it hears all that its scope allows. */
export function hears(scope: Scope, subscriptions: readonly Subscription[] | null, event: Fact | Reading): boolean {
  return reaches(scope, event) && (subscriptions === null || subscriptions.some((one) => matches(one, event)))
}

function reaches(scope: Scope, event: Fact | Reading): boolean {
  if (event.line === null) return scope.gateway
  if (!scope.lines.includes(event.line)) return false
  // What happens to the line as a whole, such as a shift, concerns each equipment in it.
  return scope.equipment === null || event.equipment === null || event.equipment === scope.equipment
}

function matches(one: Subscription, event: Fact | Reading): boolean {
  return one.types.has(event.type) && (one.line === null || one.line === event.line) && (one.equipment === null || one.equipment === event.equipment)
}

/** Readers with equal keys hear the same facts. */
export function audienceKey(scope: Scope, subscriptions: readonly Subscription[] | null): string {
  const wanted = subscriptions?.map((one) => [one.line, one.equipment, [...one.types].filter((type) => FACTS.has(type)).sort()])
  return JSON.stringify([[...scope.lines].sort(), scope.equipment, scope.gateway, wanted?.map((one) => JSON.stringify(one)).sort() ?? null])
}
const FACTS: ReadonlySet<string> = new Set(factNames)

/** The topics of the readings that a reader hears: one for each reading of each equipment. */
export function readingTopics(desk: Desk, scope: Scope, subscriptions: readonly Subscription[] | null): string[] {
  const topics: string[] = []
  for (const line of desk.config.lines) {
    if (!scope.lines.includes(line.code)) continue
    for (const { code } of line.equipment) {
      if (scope.equipment !== null && scope.equipment !== code) continue
      for (const name of readingNames) {
        const wanted = subscriptions === null || subscriptions.some((one) =>
          one.types.has(name) && (one.line === null || one.line === line.code) && (one.equipment === null || one.equipment === code))
        if (wanted) topics.push(readingTopic(name, code))
      }
    }
  }
  return topics
}

export const readingTopic = (name: ReadingName, equipment: string): string => `reading ${name} ${equipment}`
