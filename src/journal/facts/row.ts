/** A fact as the database gives it, out of the table or out of a pack. */

export interface FactRow {
  readonly seq: number
  readonly epoch: string
  readonly turn: number
  readonly at: number
  readonly line: string | null
  readonly equipment: string | null
  readonly type: string
  readonly config: number
  readonly body: string
}
