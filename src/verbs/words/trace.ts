/** `lineside trace …`: what a PLC held, to be played back elsewhere. */

import { duration, file, flag, needed, off, standard, text } from '../../faces/cli/flag.js'
import { interrupted } from '../../faces/cli/signals.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { fileConfigOf } from '../where.js'

export const trace: readonly Verb[] = [
  verb({
    words: 'trace record', sentence: 'write what a PLC holds over a while into a file, which `driver: trace` plays back as a PLC', finds: 'data',
    examples: ['lineside trace record --plc filler --for 10m', 'lineside trace record --plc filler --for 8h --out monday.scans'],
    flags: {
      plc: needed(text('id'), 'which PLC'), for: standard(duration, '10m', 'how long; Ctrl-C ends it earlier'), out: flag(file, 'where to write (default: PLC.scans)'), force: off('write over a file that is there'),
    },
    async run({ flags, where, say }) {
      const stopped = interrupted()
      const [{ plcOf }, { record }, { plcs }] = await Promise.all([import('../plc.js'), import('../record.js'), fileConfigOf(where)])
      return record({ plc: plcOf(plcs, flags.plc), out: flags.out ?? `${flags.plc}.scans`, forMs: flags.for, force: flags.force, stopped, say })
    },
  }),
]
