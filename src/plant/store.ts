/** The parts waiting between two machines: finite, so that a machine can starve the next and block the one before. */

import { assert } from '../base/assert.js'

export class Store {
  readonly capacity: number
  #count: number

  constructor(capacity: number, count: number) {
    assert(count >= 0 && count <= capacity, 'a store begins between empty and full')
    this.capacity = capacity
    this.#count = count
  }

  get count(): number { return this.#count }
  get room(): number { return this.capacity - this.#count }

  put(): void {
    this.#count++
    assert(this.#count <= this.capacity, 'a full store takes no part')
  }

  take(): void {
    this.#count--
    assert(this.#count >= 0, 'an empty store gives no part')
  }
}

/** What stands before the first machine and after the last: always a part to give, always room to take one. */
export const openEnd = { capacity: Infinity, count: Infinity, room: Infinity, put(): void {}, take(): void {} } as const

export type Side = Pick<Store, 'capacity' | 'count' | 'room' | 'put' | 'take'>
