import t from 'tap'
import { seededChance } from '../../src/base/chance.js'
import { parseAddress as eip } from '../../src/field/eip/address.js'
import { parseAddress as modbus } from '../../src/field/modbus/address.js'
import { parseAddress as opcua } from '../../src/field/opcua/address.js'
import { parseAddress as s7 } from '../../src/field/s7/address.js'

const written = [
  ['S7', s7, ['DB10,REAL24', 'MW20', 'I0.3', 'T5', '%DB10.DBD24:REAL', 'DB1,STRING36.20', 'DB1,INT0[8]', 'DB10.DBX3.1']],
  ['EtherNet/IP', eip, ['Bagger.Speed:REAL', 'Program:Main.Step', 'Counts[3..10]:INT', 'Timer1.ACC', 'Status.5', 'Name:STRING', 'Faults[0..63]:BITS', 'Grid[1,2]:DINT']],
  ['Modbus', modbus, ['HR100:FLOAT32', 'IR7', 'C3', 'DI12[8]', 'HR5.3', 'HR20:STRING.16', '40101', 'IR30:INT64[2]']],
  ['OPC UA', opcua, ['ns=2;s=Line.Bagger.Count:UInt32', 'nsu=http://acme.com/line;i=1007:Float', 'ns=2;s=Counts:Int16[3..10]', 'ns=2;s=Status:UInt32.5', '/2:Line/2:Bagger/2:Count:UInt32']],
] as const

const nearOf = (told: string): string | undefined => /did you mean (.+?)\? \(/s.exec(told)?.[1]

for (const [protocol, parse, sound] of written) t.test(`${protocol}: a slip of the pen is answered with the grammar, and what is suggested is an address`, async (t) => {
  const chance = seededChance(11)
  const slipped = (text: string): string => {
    const at = chance.whole(0, text.length)
    const other = chance.pick('ABX0123456789.:,;=[]%-_ /xr'.split(''))
    return chance.pick([text.slice(0, at) + text.slice(at + 1), text.slice(0, at) + other + text.slice(at), text.slice(0, at) + other + text.slice(at + 1)])
  }
  for (const text of sound) t.type(parse(text), 'object', text)
  let suggestions = 0
  for (let i = 0; i < 3_000; i++) {
    let text: string = chance.pick(sound)
    for (let slips = chance.whole(1, 3); slips > 0; slips--) text = slipped(text)
    const told = parse(text)
    if (typeof told !== 'string') continue
    if (!told.includes('write ')) t.fail(`${text} is answered without the grammar: ${told}`)
    const near = nearOf(told)
    if (near === undefined) continue
    suggestions++
    if (typeof parse(near) === 'string') t.fail(`${text}: ${near} is suggested and is none either`)
  }
  t.ok(suggestions > 300, `${suggestions} suggestions`)
})

t.test('of several mistakes all are mended; and what leads nowhere is not suggested', async (t) => {
  for (const [parse, text, near] of [
    [eip, 'Bagger..Speed:REALL', 'Bagger.Speed:REAL'], [eip, 'Bagger.Speed:R[EAL', undefined], [s7, 'DB1,STING36', 'DB1,STRING36.20'], [s7, 'DB1,FLOAT8', 'DB1,REAL8'], [opcua, 'ns=2,s=Counts:Int16[3-10]', 'ns=2;s=Counts:Int16[3..10]'],
    [opcua, 'ns=2;s=Counts:Int16[x]', 'ns=2;s=Counts:Int16[0]'], [modbus, 'HR1:FLOAT3', 'HR1:FLOAT32'], [modbus, 'HR5.17', 'HR6.1'], [modbus, 'H100', 'HR100'], [modbus, '%MW100', 'HR100'], [modbus, 'HR100,REAL', 'HR100:REAL'],
    [modbus, 'HR20:STRING', 'HR20:STRING.20'], [modbus, 'C3.1', 'C3'], [modbus, 'HR7:INT16.3', 'HR7:INT16'], [modbus, 'XYZ', undefined],
  ] as const) t.equal(nearOf(parse(text) as string), near, text)
})
