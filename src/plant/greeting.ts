/** What a person sees who starts the plant: what it serves, and how to look at it and disturb it. */

import { type LeverName, fieldsOf, leverNames, levers } from './levers.js'
import type { Plant } from './plant.js'

export function greetingOf(plant: Plant): string {
  const served = plant.recipe.equipment.map(({ code, db }) => `  DB${db}  ${code}`)
  const tags = plant.recipe.equipment.map(({ code, tag }) => `  ${tag}  ${code}`)
  const overLogix = plant.logixPort === null ? [] : [`And over EtherNet/IP at 127.0.0.1:${plant.logixPort}, slot 0.`, ...tags]
  const head = [`The line ${plant.recipe.code} is served over S7 at 127.0.0.1:${plant.s7Port}, rack 0, slot 1.`, ...served, ...overLogix]
  return [...head, ...(plant.controlPort === null ? [] : helpOf(plant.controlPort, plant)), ''].join('\n')
}

const named = (name: LeverName): string => [name, ...fieldsOf(name)].join(' ')

function helpOf(port: number, plant: Plant): string[] {
  const at = `http://127.0.0.1:${port}`
  const width = Math.max(...leverNames.map((name) => named(name).length))
  const one = plant.recipe.equipment[0]?.code
  return [
    '', 'Look:', `  curl ${at}/truth    parts, state times and stops since the start`, `  curl ${at}/state    how things are now`,
    '', 'Disturb:', `  curl -X POST '${at}/faults/slow?ms=300'`, `  curl -X POST '${at}/faults/machine?equipment=${one}&bit=4'`,
    `  kill -STOP PID       with plc_pid from /state: the PLC hangs as a whole, until kill -CONT`,
    '', 'All levers:', ...leverNames.map((name) => `  ${named(name).padEnd(width)}  ${levers[name].sentence}`),
  ]
}
