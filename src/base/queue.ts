/** A queue with an end: when it is full the oldest entry makes room, and the push says so. */

export class Queue<T> {
  #items: (T | undefined)[]
  #head = 0
  #count = 0
  readonly max: number

  constructor(max: number) {
    this.max = max
    this.#items = new Array<T | undefined>(max)
  }

  get count(): number { return this.#count }

  /** Adds an item; returns how many old ones it pushed out (0 or 1). */
  push(item: T): number {
    const forgotten = this.#count === this.max ? 1 : 0
    if (forgotten === 1) this.shift()
    this.#items[(this.#head + this.#count) % this.max] = item
    this.#count++
    return forgotten
  }

  /** Takes the oldest item, or `undefined`. */
  shift(): T | undefined {
    if (this.#count === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head = (this.#head + 1) % this.max
    this.#count--
    return item
  }

  /** Takes everything, oldest first. */
  drain(): T[] {
    const items: T[] = []
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item)
    return items
  }
}
