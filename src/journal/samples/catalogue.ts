/** The layouts that a journal knows, each under a number of this file alone. */

import { given } from '../../base/assert.js'
import type { Database } from '../store/database.js'
import type { Layout } from './layouts.js'

export function layoutsIn(database: Database): Map<number, Layout> {
  const rows = database.prepare<[], { id: number; layout: string }>('SELECT id, layout FROM layouts ORDER BY id').all()
  // Written by `addLayouts` below, and never by anybody else.
  return new Map(rows.map((row) => [row.id, JSON.parse(row.layout) as Layout]))
}

/** Adds the layouts that are not yet known. A layout is known by its text: the same tags in the same columns. */
export function addLayouts(database: Database, known: Map<number, Layout>, layouts: readonly Layout[]): void {
  const insert = database.prepare('INSERT INTO layouts (layout) VALUES (?)')
  const texts = new Set([...known.values()].map((layout) => JSON.stringify(layout)))
  const added = new Map<number, Layout>()
  database.transaction(() => {
    for (const layout of layouts) {
      const text = JSON.stringify(layout)
      if (texts.has(text)) continue
      texts.add(text)
      added.set(Number(insert.run(text).lastInsertRowid), layout)
    }
  }).immediate()
  // One that found no room on the disk is not known, and is added when it is asked for again.
  for (const [id, layout] of added) known.set(id, layout)
}

/** The number here of a layout that another journal told as its text; it becomes known. */
export function layoutCalled(database: Database, known: Map<number, Layout>, text: string): number {
  // Written by `addLayouts` of the other one, and never by anybody else.
  addLayouts(database, known, [JSON.parse(text) as Layout])
  return given([...known].find(([, layout]) => JSON.stringify(layout) === text), 'the layout that was just told')[0]
}
