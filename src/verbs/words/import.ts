/** `lineside import …`: tags from the programming tools. */

import { argument, file, flag, off, standard, text, whole } from '../../faces/cli/flag.js'
import { type Verb, verb } from '../../faces/cli/verb.js'

const deeds = () => import('../import.js')
const flags = {
  plc: standard(text('id'), 'plc1', 'what the PLC is to be called'), host: standard(text('address'), '192.168.0.1', 'its address'),
  out: flag(file, 'where to write (default: standard output)'), force: off('write over a file that is there'),
}

export const imports: readonly Verb[] = [
  verb({
    words: 'import rslogix', sentence: 'controller and program tags of Logix, exported as CSV (Tools, Export, Tags); ends with 6 when rows make no sense', finds: 'nothing',
    examples: ['lineside import rslogix TAGS.csv --plc bagger --host 192.168.0.20', 'lineside import rslogix TAGS.csv --out bagger.yaml'],
    args: { file: argument(file, 'the CSV') }, flags,
    async run({ args, flags: wish }) {
      const [{ importFrom }, { readRslogix }] = await Promise.all([deeds(), import('../../configuration/importing/rslogix.js')])
      return importFrom({ ...wish, file: args.file }, readRslogix)
    },
  }),
  verb({
    words: 'import tia', sentence: 'a tag table of TIA Portal as XML, or as CSV saved from its Excel sheet, or the source of a data block; ends with 6 when rows make no sense', finds: 'nothing',
    examples: ['lineside import tia PLCTags.xml --plc filler --host 192.168.0.10', 'lineside import tia PLCTags.csv --out filler.yaml', 'lineside import tia Machine.db --db 10 --plc filler'],
    args: { file: argument(file, 'the XML, the CSV, or the .db source') }, flags: { ...flags, db: flag(whole, 'the number of the data block, which a source with a name does not tell') },
    async run({ args, flags: { db, ...wish } }) {
      const [{ importFrom }, { readTiaCsv, readTiaXml }, { readBlock }] = await Promise.all([deeds(), import('../../configuration/importing/tia.js'), import('../../configuration/importing/block.js')])
      return importFrom({ ...wish, file: args.file }, (read) => (/^\uFEFF?\s*</.test(read) ? readTiaXml(read) : /^\s*(TYPE|DATA_BLOCK)\b/im.test(read) ? readBlock(read, db ?? null) : readTiaCsv(read)))
    },
  }),
]
