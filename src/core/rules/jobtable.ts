/** Jobs from a table, as an ERP or a spreadsheet writes it: every error by its line and column, and nothing taken while there is one. */

import { type Field, csvOf } from '../../base/csv.js'
import { limits } from '../../base/limits.js'
import { nearest } from '../../base/near.js'
import { jobWish } from '../../contract/events/jobs.js'
import { type Detail, type Refusal, refuse } from '../../contract/refusals.js'
import type { JobOrder, Line } from '../memory/memory.js'

const columns = ['job_id', 'quantity', 'name', 'product', 'priority', 'planned_start', 'due'] as const
type Column = (typeof columns)[number]
const plain: JobOrder = { job_id: '', quantity: 0, name: null, product: null, priority: 50, planned_start: null, due: null, attributes: {}, revision: 1 }

/** The orders of the table, in its order. Columns may stand in any order; an empty field takes its default. */
export function readJobTable(line: Line, csv: string): JobOrder[] | Refusal {
  const rows = csvOf(csv)
  if (!Array.isArray(rows)) return refuse('IMPORT_MISFIT', [misfit(rows, rows.message)])
  const [heading = [], ...body] = rows
  const misfits = headingMisfits(heading)
  if (misfits.length > 0) return refuse('IMPORT_MISFIT', misfits)
  if (body.length === 0) return refuse('IMPORT_MISFIT', [{ path: 'line 2', message: 'there is no row below the heading' }])
  if (body.length > limits.listMax) return refuse('IMPORT_MISFIT', [{ path: `line ${limits.listMax + 2}`, message: `at most ${limits.listMax} jobs at a time` }])

  const ids = new Set(Object.keys(line.jobs))
  const orders = body.flatMap((row) => {
    const order = orderOf(line, heading, row, ids, misfits)
    if (order === null) return []
    ids.add(order.job_id)
    return [order]
  })
  return misfits.length > 0 ? refuse('IMPORT_MISFIT', misfits.slice(0, DETAILS_MAX)) : orders
}

/** A file of another kind is wrong in every row, and nobody reads a thousand errors. */
const DETAILS_MAX = 100

const misfit = (place: { readonly line: number; readonly column: number }, message: string): Detail => ({ path: `line ${place.line}, column ${place.column}`, message })

function headingMisfits(heading: readonly Field[]): Detail[] {
  const names = heading.map(({ text }) => text)
  const found = heading.flatMap((field, index) => {
    if (!(columns as readonly string[]).includes(field.text)) {
      const near = nearest(field.text, columns)
      return [misfit(field, `${JSON.stringify(field.text)}: unknown column; ${near === null ? `known are ${columns.join(', ')}` : `did you mean ${near}?`}`)]
    }
    return names.indexOf(field.text) < index ? [misfit(field, `${field.text} is given twice`)] : []
  })
  const missing = ['job_id', 'quantity'].filter((name) => !names.includes(name))
  return missing.length === 0 ? found : [...found, { path: 'line 1', message: `the heading needs ${missing.join(' and ')}` }]
}

function orderOf(line: Line, heading: readonly Field[], row: readonly Field[], ids: ReadonlySet<string>, misfits: Detail[]): JobOrder | null {
  const before = misfits.length
  const extra = row[heading.length]
  if (extra !== undefined) misfits.push(misfit(extra, `there are ${heading.length} columns`))
  const fieldOf = (name: Column): Field => row[heading.findIndex(({ text }) => text === name)] ?? { ...row[0]!, text: '' }
  const given = Object.fromEntries(columns.flatMap((name) => {
    const { text } = fieldOf(name)
    return text === '' ? [] : [[name, (name === 'quantity' || name === 'priority') && Number.isFinite(Number(text)) ? Number(text) : text]]
  }))
  const parsed = jobWish.safeParse({ ...plain, quantity: null, ...given })
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = columns.find((column) => column === issue.path[0]) ?? 'job_id'
      misfits.push(misfit(fieldOf(name), `${name}: ${issue.code === 'invalid_type' && issue.expected === 'number' ? 'expected a number' : issue.message}`))
    }
  }
  const [id, product] = [fieldOf('job_id').text, fieldOf('product').text]
  if (ids.has(id)) misfits.push(misfit(fieldOf('job_id'), `a job ${id} exists`))
  if (product !== '' && line.plan.products.size > 0 && !line.plan.products.has(product)) {
    const near = nearest(product, line.plan.products.keys())
    misfits.push(misfit(fieldOf('product'), `there is no product ${product}${near === null ? '' : `; did you mean ${near}?`}`))
  }
  return parsed.success && misfits.length === before ? parsed.data : null
}
