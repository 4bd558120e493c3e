/** Texts that are no address: what is wrong, how one is written, and a near miss that is an address itself. */

import type { Address } from '../contract/driver.js'

/** Why a text is no address, and what may have been meant. */
export interface Misfit { readonly why: string; readonly near: string | undefined }

export const misfit = (why: string, near?: string): Misfit => ({ why, near })

export const isMisfit = (found: object): found is Misfit => 'why' in found

/** `read`, with a sentence for whoever wrote what is no address. */
export function parserOf<Target>(kind: string, grammar: string, read: (text: string) => Address<Target> | Misfit): (text: string) => Address<Target> | string {
  return (text) => {
    const found = read(text)
    if (!isMisfit(found)) return found
    const near = addressNear(found.near, read)
    return `${JSON.stringify(text)} is no ${kind} address: ${found.why}; ${near === null ? grammar : `did you mean ${near}? (${grammar})`}`
  }
}

/** One guess mends one mistake, and a text may have several. */
const GUESSES_MAX = 3

/** The first guess that is an address, following one from another; `null` when they lead to none. */
function addressNear(first: string | undefined, read: (text: string) => object): string | null {
  let near = first
  for (let guesses = 0; near !== undefined && guesses < GUESSES_MAX; guesses++) {
    const found = read(near)
    if (!isMisfit(found)) return near
    near = found.near
  }
  return null
}
