/** What an importer finds in the export of a programming tool: tags it takes, tags it leaves and why, and rows that make no sense. */

export interface Found {
  readonly driver: 's7' | 'eip' | 'modbus'
  readonly taken: readonly Taken[]
  readonly left: readonly Left[]
  readonly misfits: readonly RowMisfit[]
}

export interface Taken {
  /** As the tool calls it. */
  readonly name: string
  /** In the grammar of the driver. */
  readonly address: string
  readonly comment: string
  readonly row: number
}

export interface Left { readonly name: string; readonly why: string; readonly row: number }

/** Both from 1. */
export interface RowMisfit { readonly row: number; readonly column: number; readonly message: string }

/** Fills the lists row by row. */
export class Finding {
  readonly #driver: Found['driver']
  readonly #taken: Taken[] = []
  readonly #left: Left[] = []
  readonly #misfits: RowMisfit[] = []

  constructor(driver: Found['driver']) { this.#driver = driver }

  take(taken: Taken): void { this.#taken.push(taken) }
  leave(name: string, row: number, why: string): void { this.#left.push({ name, why, row }) }
  misfit(row: number, column: number, message: string): void { this.#misfits.push({ row, column, message }) }
  found(): Found { return { driver: this.#driver, taken: this.#taken, left: this.#left, misfits: this.#misfits } }
}
