/** The types of TIA Portal and STEP 7, as the S7 driver calls them, and how many bytes they take in a block with standard access. */

import { kinds } from '../../field/s7/address.js'

/** What TIA writes in longer or shorter words than the driver. */
const spelled: Readonly<Record<string, string>> = { TOD: 'TIME_OF_DAY', DT: 'DATE_AND_TIME' }

/** The driver's name of a type, or of the elements of an array; else why it cannot be read. */
export function kindOfType(type: string): string | { readonly why: string } {
  const element = type.replace(/^Array\s*\[[^\]]*\]\s*of\s+/i, '')
  if (element !== type && /^Array\s*\[[^\]]*,/i.test(type)) return { why: 'an array of several dimensions: name the elements that matter' }
  if (element !== type && /^W?String/i.test(element)) return { why: 'an array of texts: name the elements that matter' }
  const name = element.replace(/\[.*$/, '').replaceAll('"', '').trim().toUpperCase()
  const known = spelled[name] ?? name
  if (known in kinds && known !== 'TIMER' && known !== 'COUNTER') return known
  return { why: name === '' ? 'it has no type' : `${element} is a structure or a type without a value: name its members` }
}

/** Bytes of one value; `null` for BOOL, which is a bit. Texts without a length hold 254 characters. */
export function bytesOfKind(kind: string, chars: number | null): number | null {
  if (kind === 'BOOL') return null
  if (kind === 'STRING') return 2 + (chars ?? 254)
  if (kind === 'WSTRING') return 4 + 2 * (chars ?? 254)
  return kinds[kind as keyof typeof kinds][0]
}
