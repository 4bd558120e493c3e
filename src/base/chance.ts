/** Chance as an argument: a small seeded generator, so that a run can be had again by its seed. */

export interface Chance {
  /** Uniform in [0, 1). */
  unit(): number
  /** Uniform whole number in [from, to], both included. */
  whole(from: number, to: number): number
  /** True with the given probability. */
  happens(probability: number): boolean
  /** Exponentially distributed with the given mean. */
  exponential(mean: number): number
  /** Normally distributed. */
  normal(mean: number, deviation: number): number
  /** One of the items, all equally likely. The list must not be empty. */
  pick<T>(items: readonly T[]): T
  /** An independent generator, so that one consumer cannot shift another's numbers. */
  fork(name: string): Chance
}

/** mulberry32: 32 bits of state, uniform enough for models and tests, never for secrets. */
export function seededChance(seed: number): Chance {
  let state = seed >>> 0
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return fromUnit(unit, (name) => seededChance(hash(name, seed)))
}

export const systemChance: Chance = fromUnit(Math.random, () => systemChance)

function fromUnit(unit: () => number, fork: (name: string) => Chance): Chance {
  return {
    unit,
    whole: (from, to) => from + Math.floor(unit() * (to - from + 1)),
    happens: (probability) => unit() < probability,
    exponential: (mean) => -mean * Math.log(1 - unit()),
    normal: (mean, deviation) => mean + deviation * Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
    pick: (items) => items[Math.floor(unit() * items.length)]!,
    fork,
  }
}

function hash(text: string, seed: number): number {
  let sum = seed >>> 0
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193) >>> 0
  return sum
}
