import t from 'tap'
import { parseAddress } from '../../../src/field/eip/address.js'
import { planReads } from '../../../src/field/eip/plan.js'
import { pathOf } from '../../../src/field/eip/requests.js'

const read = (text: string) => {
  const address = parseAddress(text)
  if (typeof address === 'string') throw new Error(address)
  return address
}

t.test('addresses as engineers write them', async (t) => {
  for (const [text, type, length, kind, path, more] of [
    ['Line_Speed:REAL', 'float32', 1, 'REAL', 'Line_Speed', {}],
    ['Total', 'int32', 1, 'DINT', 'Total', {}],
    [' Total : dint ', 'int32', 1, 'DINT', 'Total', {}],
    ['Program:Main.Step:INT', 'int16', 1, 'INT', 'Program:Main Step', {}],
    ['Program:Main.Step', 'int32', 1, 'DINT', 'Program:Main Step', {}],
    ['Counts[3..10]:INT', 'int16', 8, 'INT', 'Counts 3', { count: 8 }],
    ['Grid[1,2,3]', 'int32', 1, 'DINT', 'Grid 1,2,3', {}],
    ['Count_Blade_PEC.ACC', 'int32', 1, 'DINT', 'Count_Blade_PEC ACC', {}],
    ['Timer1.DN', 'bool', 1, 'BOOL', 'Timer1 DN', {}],
    ['Cell[2].Axis[1].Position:LREAL', 'float64', 1, 'LREAL', 'Cell 2 Axis 1 Position', {}],
    ['Status.5', 'bool', 1, 'BIT', 'Status', { bit: 5 }],
    ['Words[3].15:BOOL', 'bool', 1, 'BIT', 'Words 3', { bit: 15 }],
    ['Faults[70]:BOOL', 'bool', 1, 'BOOLS', 'Faults 2', { count: 1, bit: 6, extent: 1 }],
    ['Faults[30..33]:BOOL', 'bool', 4, 'BOOLS', 'Faults 0', { count: 2, bit: 30, extent: 4 }],
    ['Faults[0..63]:BITS', 'uint64', 1, 'BITS', 'Faults 0', { count: 2, bit: 0, extent: 64 }],
    ['Cells[3].Ready:BOOL', 'bool', 1, 'BOOL', 'Cells 3 Ready', {}],
    ['Product:STRING', 'text', 1, 'STRING', 'Product', { extent: 82 }],
    ['Label:STRING[20]', 'text', 1, 'STRING', 'Label', { extent: 20 }],
    ['Local:1:I.Data.3', 'bool', 1, 'BIT', 'Local:1:I Data', { bit: 3 }],
    ['Rack:O.Data[2]:SINT', 'int8', 1, 'SINT', 'Rack:O Data 2', {}],
    ['Local:1:I', 'int32', 1, 'DINT', 'Local:1:I', {}],
  ] as const) {
    const address = read(text)
    t.match(address, { type, length, target: { kind, ...more } }, text)
    t.equal(address.target.path.map(({ name, indices }) => [name, ...indices.length > 0 ? [indices.join(',')] : []].join(' ')).join(' '), path, text)
  }
})

t.test('what is wrong with an address, and what may have been meant', async (t) => {
  for (const [text, why] of [
    ['Speed:REL', /there is no type REL; did you mean Speed:REAL\?/], ['Speed:FLOAT', /did you mean Speed:REAL\?/], ['Counts:INT[8]', /did you mean Counts\[0\.\.7\]:INT\?/],
    ['Counts[3-10]:INT', /did you mean Counts\[3\.\.10\]:INT\?/], ['Counts(3)', /did you mean Counts\[3\]\?/], ['Counts[3', /a bracket is not closed; did you mean Counts\[3\]\?/],
    ['Program:Main', /a program holds tags/], ['A..B', /a name is missing between two dots; did you mean A\.B\?/], ['4711', /a name begins with a letter/], ['Counts[9..3]', /a slice goes up/],
    ['Counts[0..9000]', /at most 8192/], ['Status.64', /bits 0 to 63/], ['Status.3:INT', /a bit is a BOOL; did you mean Status\.3\?/], ['List[1..2].X', /only the last part can be a slice/], ['Names[1..2]:STRING', /one by one; did you mean Names\[1\]:STRING\?/],
    ['Faults:BITS', /one index; did you mean Faults\[0\.\.31\]:BITS\?/], ['Faults[0..64]:BITS', /at most 64 bits; did you mean Faults\[0\.\.63\]:BITS\?/], ['Name:STRING[500]', /1 to 468/], ['Stück', /no name of a tag/], ['', /no Logix address/],
  ] as const) {
    const said = parseAddress(text)
    t.equal(typeof said, 'string', text)
    t.match(said, why, text)
  }
})

t.test('paths are symbols, padded to whole words, and elements as wide as they must be', async (t) => {
  for (const [text, hex] of [
    ['Tag', '91 03 54 61 67 00'], ['Tags[5]', '91 04 54 61 67 73 28 05'], ['Tags[256]', '91 04 54 61 67 73 29 00 00 01'], ['Tags[70000]', '91 04 54 61 67 73 2a 00 70 11 01 00'], ['Tags[1,2]', '91 04 54 61 67 73 28 01 28 02'],
  ] as const) t.equal(pathOf(read(text).target.path).toString('hex'), hex.replaceAll(' ', ''), text)
})

t.test('a plan keeps requests and replies within the connection, and asks nothing twice', async (t) => {
  const tags = [...Array.from({ length: 64 }, (_, i) => `Faults[${i}]:BOOL`), ...Array.from({ length: 32 }, (_, i) => `Word.${i}`), 'List[0..999]:DINT', ...Array.from({ length: 300 }, (_, i) => `Machine_${i}.Speed:REAL`)]
    .map((text, tag) => ({ tag, target: read(text).target }))
  for (const bytes of [498, 4_000]) {
    const { messages, fill } = planReads(tags, bytes)
    const asks = messages.flatMap((planned) => planned.asks)
    t.ok(messages.every(({ message }) => message.length <= bytes))
    t.ok(messages.every(({ asks }) => (asks.length === 1 ? 0 : 6 + 2 * asks.length) + asks.reduce((sum, { replyBytes }) => sum + replyBytes, 0) <= bytes))
    t.equal(asks.filter(({ uses }) => uses.some(({ tag }) => tag < 64)).length, 2, 'two double words for 64 bits')
    t.equal(asks.filter(({ uses }) => uses.some(({ tag }) => tag >= 64 && tag < 96)).length, 1, 'one integer for its bits')
    t.equal(asks.filter(({ uses }) => uses[0]!.tag === 96).reduce((sum, { count }) => sum + count, 0), 1_000)
    t.same(new Set(asks.flatMap(({ uses }) => uses.map(({ tag }) => tag))).size, tags.length, 'nobody is forgotten')
    t.ok(fill > 0.75 && fill <= 1, `${fill} full`)
  }
  t.ok(planReads(tags, 498, false).messages.every(({ asks }) => asks.length === 1))
})
