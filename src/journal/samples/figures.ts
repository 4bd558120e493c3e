/** What is told of a sealed column without reading it: how many of its values are good, their least, largest and sum. */

import { Fault } from '../../contract/faults.js'
import type { ByteReader, ByteWriter } from '../store/bytes.js'
import { EXPONENT_MAX, POWERS, WHOLE_MAX_SINGLE, decimalOf, wholeOf } from '../store/decimals.js'
import type { Column } from './block.js'

/** All but the count are `null` when no value is good. */
export interface Figures { readonly goodCount: number; readonly min: number | null; readonly max: number | null; readonly sum: number | null }

const nothing: Figures = { goodCount: 0, min: null, max: null, sum: null }

export function figuresOf(column: Column): Figures {
  let goodCount = 0
  let min = Infinity
  let max = -Infinity
  let sum = 0
  for (let i = 0; i < column.values.length; i++) {
    const value = column.values[i]!
    // A value that is not finite would spoil the figures of all others; it stays in the column.
    if (column.qualities[i] !== 0 || !Number.isFinite(value)) continue
    goodCount++
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  return goodCount === 0 ? nothing : { goodCount, min, max, sum }
}

/** Sums of more than this many parts of a unit are no longer exact. */
const WHOLE_MAX = 2 ** 50
/** How the figures of a column are written: the form, and above it the power of ten of a decimal. */
const forms = { none: 0, decimal: 1, single: 2, bits: 3 } as const
const FORM_BITS = 2

/**
 * Decimals are told in whole parts of their unit. Their sum was added up as doubles, with a grain of noise for each value; it is told as the
 * decimal that it stands for. Anything else keeps its bits, and so does a sum that is no decimal to fifteen digits.
 */
export function writeFigures({ goodCount, min, max, sum }: Figures, to: ByteWriter): void {
  if (min === null || max === null || sum === null) return to.byte(forms.none)
  const unit = unitOf(min, max, sum, goodCount)
  if (unit === null) {
    to.byte(forms.bits)
    to.varint(goodCount)
    for (const value of [min, max, sum]) to.double(value)
    return
  }
  const { exponent, single, least, largest, total } = unit
  to.byte((single ? forms.single : forms.decimal) | exponent << FORM_BITS)
  to.varint(goodCount)
  to.varint(least >= 0 ? 2 * least : -2 * least - 1)
  to.varint(largest - least)
  if (single) to.double(sum)
  else to.varint(total - goodCount * least)
}

export function readFigures(from: ByteReader): Figures {
  const head = from.byte()
  const form = head & (2 ** FORM_BITS - 1)
  if (form === forms.none) return nothing
  const goodCount = from.varint()
  if (form === forms.bits) return { goodCount, min: from.double(), max: from.double(), sum: from.double() }
  const power = POWERS[head >>> FORM_BITS] ?? misfit('a power of ten out of range')
  const single = form === forms.single
  const coded = from.varint()
  const least = coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2
  const largest = least + from.varint()
  return { goodCount, min: decimalOf(least, power, single), max: decimalOf(largest, power, single), sum: single ? from.double() : (from.varint() + goodCount * least) / power }
}

interface Unit { readonly exponent: number; readonly single: boolean; readonly least: number; readonly largest: number; readonly total: number }

/** The unit in which the figures are whole; the sum of singles is not asked, for they are not the decimals that they stand for. */
function unitOf(min: number, max: number, sum: number, goodCount: number): Unit | null {
  for (const single of [false, true]) {
    const limit = single ? WHOLE_MAX_SINGLE : WHOLE_MAX
    for (let exponent = 0; exponent <= EXPONENT_MAX; exponent++) {
      const power = POWERS[exponent]!
      // -0 is as much as 0 here: figures know no signs of nothing.
      const [least, largest] = [wholeOf(min + 0, power, single, limit), wholeOf(max + 0, power, single, limit)]
      if (least === null || largest === null) continue
      const total = Math.round(sum * power)
      const isDecimal = Math.abs(total) <= WHOLE_MAX && Math.abs(goodCount * least) <= WHOLE_MAX && total >= goodCount * least
        && isAbout(total / power, sum, goodCount, Math.max(Math.abs(min), Math.abs(max)))
      if (single || isDecimal) return { exponent, single, least, largest, total }
    }
  }
  return null
}

/** Within what adding up so many doubles usually loses. */
const isAbout = (one: number, other: number, count: number, largest: number): boolean => Math.abs(one - other) <= count ** 1.5 * largest * Number.EPSILON

function misfit(what: string): never {
  throw new Fault('JOURNAL_CORRUPT', { what })
}
