import t from 'tap'
import { Controller, Tag, TagGroup } from 'st-ethernet-ip'
import { type LogixServer, openLogixServer } from '../../src/plant/logix/server.js'
import { type TagSpec, atomic, bools, text } from '../../src/plant/logix/tags.js'
import { bytesOf, counter, encode, string, templateOf, timer } from '../../src/plant/logix/datatypes.js'

// Our own driver must not be the only one to find our own controller right: here a foreign client asks.

// It never clears a timer of its own, and none of them may keep this process alive.
const plain = globalThis.setTimeout
globalThis.setTimeout = Object.assign((act: () => void, ms?: number) => plain(act, ms).unref(), { __promisify__: plain.__promisify__ })

const machine = templateOf('Machine', 0x101, 0x1234, [
  { name: 'Running', type: 'BOOL' }, { name: 'Fault', type: 'BOOL' }, { name: 'Speed', type: 'REAL' }, { name: 'Parts', type: counter }, { name: 'Word', type: 'INT', length: 3 }, { name: 'Name', type: string },
])

function machineBytes(): Buffer {
  const bytes = Buffer.alloc(bytesOf(machine))
  const at = (name: string): number => machine.members.find((member) => member.name === name)!.offset
  bytes[at('Fault')] = 0b10
  bytes.writeFloatLE(61.5, at('Speed'))
  bytes.writeInt32LE(4711, at('Parts') + 8)
  bytes.writeInt16LE(-7, at('Word') + 4)
  bytes.writeInt32LE(bytes.write('BAG', at('Name') + 4), at('Name'))
  return bytes
}

const tags: readonly TagSpec[] = [
  atomic('Total', 'DINT', -70_000), atomic('Small', 'SINT', -5), atomic('Speed', 'REAL', 1.5), atomic('Big', 'LINT', -(2n ** 62n)), atomic('Flag', 'BOOL', true),
  atomic('List', 'INT', ...Array.from({ length: 600 }, (_, i) => i - 300)),
  { name: 'Grid', type: 'DINT', dimensions: [2, 3], bytes: Buffer.concat([0, 1, 2, 10, 11, 12].map((value) => encode('DINT', value))) },
  bools('Faults', Array.from({ length: 64 }, (_, i) => i === 3 || i === 60)), text('Product', 'Crate'),
  { name: 'Bagger', type: machine, bytes: machineBytes() }, { name: 'Wait', type: timer, bytes: Buffer.alloc(12, 1) },
  atomic('Program:Main.Step', 'DINT', 40), atomic('Program:Main.Local', 'REAL', 2.25),
]

let hosts = 0
/** The foreign client knows one port alone, so every controller of these tests has an address of its own. */
async function start(more: { readonly isLargeKnown?: boolean } = {}): Promise<{ logix: LogixServer; host: string }> {
  const host = `127.${10 + (process.pid >> 8) % 200}.${process.pid & 0xff}.${++hosts}`
  return { logix: await openLogixServer({ host, port: 44_818, tags, ...more }), host }
}

t.test('a foreign client reads every kind of tag', async (t) => {
  const { logix, host } = await start()
  const plc = new Controller(true)
  await plc.connect(host, 0)
  t.equal(plc.properties.name, 'Virtual CompactLogix')
  for (const [name, expected, program] of [['Total', -70_000], ['Small', -5], ['Speed', 1.5], ['Flag', true], ['total', -70_000], ['Step', 40, 'Main'], ['Local', 2.25, 'Main'], ['Bagger.Speed', 61.5], ['Bagger.Parts.ACC', 4711], ['Bagger.Word[2]', -7], ['Grid[1,2]', 12], ['Total.0', false], ['Total.4', true]] as const) {
    const tag = new Tag(name, program)
    await plc.readTag(tag)
    t.strictSame(tag.value, expected, name)
  }
  const list = new Tag('List[0]', undefined, undefined, 0, 1, 600)
  await plc.readTag(list)
  t.strictSame(list.value, Array.from({ length: 600 }, (_, i) => i - 300), 'an array that takes several messages')
  const product = plc.newTag('Product')
  await plc.readTag(product)
  t.equal(product.value, 'Crate')
  await plc.disconnect()
  t.equal(logix.connectionsCount, 0, 'Forward Close was understood')
  await logix.close()
})

t.test('a foreign client browses scopes and structures', async (t) => {
  const { logix, host } = await start()
  const plc = new Controller(true)
  await plc.connect(host, 0)
  t.same(plc.tagList.map(({ name }) => name).filter((name) => !name.startsWith('Program:')).sort(), [...tags.map(({ name }) => name.replace('Program:Main.', ''))].sort())
  t.match(plc.state.tagList.getTag('Step', 'Main'), { name: 'Step', program: 'Main' })
  const bagger = plc.newTag('Bagger')
  await plc.readTag(bagger)
  t.match(bagger.value, { Running: false, Fault: true, Speed: 61.5, Parts: { ACC: 4711 }, Name: 'BAG' })
  await plc.disconnect()
  await logix.close()
})

t.test('a group with a tag that is missing spoils that tag alone', async (t) => {
  const { logix, host } = await start({ isLargeKnown: false })
  const plc = new Controller(true)
  await plc.connect(host, 0, false)
  const group = new TagGroup()
  const [total, speed] = [new Tag('Total'), new Tag('Speed')]
  for (const tag of [total, speed]) group.add(tag)
  await plc.readTagGroup(group)
  t.same([total.value, speed.value], [-70_000, 1.5])
  await t.rejects(plc.readTag(new Tag('Nowhere')))
  await t.rejects(plc.readTag(new Tag('List[600]')))
  await plc.disconnect()
  await logix.close()
})

t.test('what is written is read again, bits among their neighbours', async (t) => {
  const { logix, host } = await start()
  const plc = new Controller(true)
  await plc.connect(host, 0, false)
  const total = new Tag('Total')
  await plc.readTag(total)
  total.value = 99
  await plc.writeTag(total)
  const bit = new Tag('Small.6')
  await plc.readTag(bit)
  bit.value = true
  await plc.writeTag(bit)
  t.equal(logix.tags.tag('Total').bytes.readInt32LE(), 99)
  t.equal(logix.tags.tag('Small').bytes.readInt8(), -5 | 64)
  await plc.disconnect()
  await logix.close()
})

t.test('without a connection every request brings its route', async (t) => {
  const { logix, host } = await start()
  const plc = new Controller(false)
  await plc.connect(host, 0)
  const tag = new Tag('Bagger.Parts.ACC')
  await plc.readTag(tag)
  t.equal(tag.value, 4711)
  t.equal(logix.connectionsCount, 0)
  plc.destroy()
  await logix.close()
})
