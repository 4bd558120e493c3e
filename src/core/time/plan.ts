/** What core knows of a line: the configuration, looked up once. Made anew when a configuration is applied. */

import { given } from '../../base/assert.js'
import type { Instant, Ms } from '../../base/units.js'
import type { Calendar, Config, EquipmentConfig, LineConfig, ProductConfig, ReasonConfig, RejectReasonConfig } from '../../contract/config.js'
import { constraintOf, constraintsOf } from '../../contract/constraint.js'
import { calendarNameOf } from '../../contract/whose-calendar.js'
import { transitsOf } from './transit.js'

/** The plan that was in force until `to`, since the era before ended. It knows of no eras itself. */
export interface Era { readonly to: Instant; readonly plan: LinePlan }

export interface LinePlan {
  readonly configVersion: number
  readonly timeZone: string
  readonly line: LineConfig
  readonly equipment: ReadonlyMap<string, EquipmentConfig>
  /** What was in force before, oldest first: the past is cut by what held then. The calendars know it too. */
  readonly eras: readonly Era[]
  /** Position in the flow of the equipment that limits the line, whatever it makes. */
  readonly constraint: number
  /** Of those that limit it in place of that, by the product that it makes then. */
  readonly constraints: ReadonlyMap<string, number>
  /** How long a part takes from each that may limit the line, by its position, to each equipment in flow order. */
  readonly transits: ReadonlyMap<number, readonly Ms[]>
  readonly calendar: Calendar
  /** Of equipment that is planned to work at other times than its line, by its code. */
  readonly ownCalendars: ReadonlyMap<string, Calendar>
  readonly reasons: ReadonlyMap<string, ReasonConfig>
  /** What can be wrong with a part; empty where people write what they want. */
  readonly rejectReasons: ReadonlyMap<string, RejectReasonConfig>
  readonly products: ReadonlyMap<string, ProductConfig>
  readonly andon: Config['andon']
  readonly grades: Config['grades']
  readonly edits: Config['edits']
}

/** The plans of all lines, in the order of the configuration, which `config check` has found sound. */
export function linePlans(config: Config, configVersion: number): LinePlan[] {
  return config.lines.map((line) => ({
    configVersion,
    timeZone: config.gateway.time_zone,
    line,
    eras: [],
    equipment: new Map(line.equipment.map((equipment) => [equipment.code, equipment])),
    constraint: line.equipment.indexOf(constraintOf(line)),
    constraints: new Map(Object.entries(line.constraints).map(([product, code]) => [product, line.equipment.findIndex((one) => one.code === code)])),
    transits: new Map([...constraintsOf(line).keys()].map((code) => [line.equipment.findIndex((one) => one.code === code), transitsOf(line, code)])),
    calendar: calendarNamed(config, calendarNameOf(config, line)),
    ownCalendars: new Map(line.equipment.flatMap((equipment) => {
      const name = calendarNameOf(config, line, equipment)
      return name === calendarNameOf(config, line) ? [] : [[equipment.code, calendarNamed(config, name)] as const]
    })),
    reasons: new Map(config.reasons.map((reason) => [reason.code, reason])),
    rejectReasons: new Map(config.reject_reasons.map((reason) => [reason.code, reason])),
    products: new Map(config.products.map((product) => [product.code, product])),
    andon: config.andon,
    grades: config.grades,
    edits: config.edits,
  }))
}

const calendarNamed = ({ calendars }: Config, name: string | undefined): Calendar => given(calendars[given(name, 'a calendar')], `calendar ${name}`)

/** When an equipment is planned to work. */
export const calendarOf = ({ calendar, ownCalendars }: LinePlan, equipment: string): Calendar => ownCalendars.get(equipment) ?? calendar

/** How long the last part of the line is under way from what limits it. */
export const underWayMs = ({ transits }: LinePlan): Ms => Math.max(...[...transits.values()].flat())

/** Position in the flow of what limits the line while it makes a product; of one that it knows nothing of, and without any, that of its constraint. */
export const constraintAt = ({ constraint, constraints }: Pick<LinePlan, 'constraint' | 'constraints'>, product: string | null): number =>
  product === null ? constraint : constraints.get(product) ?? constraint

/** Whether the constraint of a line moves with what it makes, or did under a configuration that its past is cut by. */
export const isMoving = ({ constraints, eras }: LinePlan): boolean => constraints.size > 0 || eras.some(({ plan }) => plan.constraints.size > 0)

/** How long after they were made the last rejects of an equipment are found; of the whole line without its code. 0 where that is at once. */
export const lateMsOf = ({ line }: Pick<LinePlan, 'line'>, code?: string): Ms =>
  Math.max(0, ...line.equipment.map((one) => { const late = one.counters['reject_count']?.late; return late !== undefined && (code === undefined || (late.of ?? one.code) === code) ? late.delay : 0 }))

/** Ideal time per part in milliseconds, of a product on an equipment. */
export function idealMsPerPart(plan: LinePlan, equipment: EquipmentConfig, product: string | null): number {
  const own = product === null ? undefined : plan.products.get(product)?.ideal_cycle[equipment.code]
  return (own ?? equipment.ideal_cycle) / equipment.parts_per_cycle
}
