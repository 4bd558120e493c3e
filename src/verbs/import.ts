/** `lineside import`: the export of a programming tool becomes a piece of configuration to be reviewed. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Found } from '../configuration/importing/found.js'
import { pieceOf } from '../configuration/importing/piece.js'
import { code } from '../contract/schema.js'
import { CliError } from '../faces/cli/exit.js'
import type { Said } from '../faces/cli/verb.js'

export interface ImportWish {
  readonly file: string
  readonly plc: string
  readonly host: string
  /** Standard output without it. */
  readonly out: string | undefined
  readonly force: boolean
}

/** Ends with 6 when rows make no sense; what makes sense is written all the same. Nothing is written over without `force`. */
export function importFrom(wish: ImportWish, read: (text: string) => Found): Said {
  if (!code.safeParse(wish.plc).success) throw new CliError('usage', `${JSON.stringify(wish.plc)} is no name of a PLC`, 'letters, digits, ".", "-" and "_"')
  if (!existsSync(wish.file)) throw new CliError('missing', `there is no file ${wish.file}`)
  if (wish.out !== undefined && existsSync(wish.out) && !wish.force) throw new CliError('failed', `${wish.out} is there already`, 'choose another file, or write over it with --force')
  const found = read(textOf(readFileSync(wish.file)))
  const piece = pieceOf(found, { id: wish.plc, host: wish.host, source: wish.file })
  if (wish.out !== undefined) writeFileSync(wish.out, piece)
  return {
    text: wish.out === undefined ? piece : '', exit: found.misfits.length > 0 ? 'problems' : 'done',
    talk: [
      ...found.misfits.map(({ row, column, message }) => `${wish.file}:${row}:${column} ${message}`),
      `${found.taken.length} tags taken, ${found.left.length} left, ${found.misfits.length} rows that make no sense${wish.out === undefined ? '' : `: ${wish.out}`}`,
    ],
  }
}

/** The tools write UTF-8, UTF-16 with a mark, or the code page of Western Windows. */
function textOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}
