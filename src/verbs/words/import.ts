/** `lineside import …`: tags from the programming tools. */

import { type Kind, Misfit, argument, file, flag, off, standard, text, whole } from '../../faces/cli/flag.js'
import { type Verb, verb } from '../../faces/cli/verb.js'

const deeds = () => import('../import.js')
const flags = {
  plc: standard(text('id'), 'plc1', 'what the PLC is to be called'), host: standard(text('address'), '192.168.0.1', 'its address'),
  out: flag(file, 'where to write (default: standard output)'), force: off('write over a file that is there'),
}

const dataFile: Kind<string> = { name: 'file', of(typed) {
  if (!/^[NB]\d{1,3}$/i.test(typed)) throw new Misfit('It must be a data file like N7 or B3.')
  return typed.toUpperCase()
} }

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
    words: 'import slc', sentence: 'addresses of a MicroLogix, exported from RSLogix 500 as CSV, that its Modbus/TCP server gives; ends with 6 when rows make no sense', finds: 'nothing',
    examples: ['lineside import slc TAGS.csv --holding N7 --coils B3 --plc press --host 192.168.0.30'],
    args: { file: argument(file, 'the CSV') },
    flags: { ...flags, holding: flag(dataFile, 'the data file behind the holding registers, as the channel configuration says'), coils: flag(dataFile, 'the data file behind the coils') },
    async run({ args, flags: { holding = null, coils = null, ...wish } }) {
      const [{ importFrom }, { readSlc }] = await Promise.all([deeds(), import('../../configuration/importing/slc.js')])
      return importFrom({ ...wish, file: args.file }, (read) => readSlc(read, { holding, coils }))
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
