/** Which calendar somebody works by: everybody who needs one asks here, so that no two answers name different ones. */

import type { Config, EquipmentConfig, LineConfig } from './config.js'
import type { Path } from './misfit.js'

/** By its name among `calendars`: equipment inherits from its line, a line from the area (domain note 9). `undefined` where none of them names one, which `config check` refuses. */
export const calendarNameOf = ({ area }: Pick<Config, 'area'>, line: Pick<LineConfig, 'calendar'>, equipment?: Pick<EquipmentConfig, 'calendar'>): string | undefined =>
  equipment?.calendar ?? line.calendar ?? area.calendar

/** The configuration with what is inherited written out, as it takes effect. */
export const withCalendars = <C extends Config>(config: C): C => ({
  ...config, lines: config.lines.map((line) => ({
    ...line, calendar: calendarNameOf(config, line), equipment: line.equipment.map((equipment) => ({ ...equipment, calendar: calendarNameOf(config, line, equipment) })),
  })),
})

/** Where a calendar that is not named at this place is named; the place itself for everything else. */
export function namedAt({ lines }: Config, path: Path): Path {
  const [section, index, member, number, name] = path
  const line = section === 'lines' && typeof index === 'number' ? lines[index] : undefined
  const isOfEquipment = member === 'equipment' && name === 'calendar' && typeof number === 'number' && path.length === 5
  const isOfLine = member === 'calendar' && path.length === 3
  if (line === undefined || (!isOfEquipment && !isOfLine) || (isOfEquipment && line.equipment[number]?.calendar !== undefined)) return path
  return line.calendar === undefined ? ['area', 'calendar'] : ['lines', index ?? 0, 'calendar']
}
