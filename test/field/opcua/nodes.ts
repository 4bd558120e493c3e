/** What the OPC UA server of the tests holds: every type at its borders, and what each must be read as. */

import type { Held } from '../conformance.js'
import type { Node } from './server.js'

export type DataTypeName = 'Boolean' | 'SByte' | 'Byte' | 'Int16' | 'UInt16' | 'Int32' | 'UInt32' | 'Int64' | 'UInt64' | 'Float' | 'Double' | 'String' | 'DateTime' | 'Guid' | 'LocalizedText' | 'QualifiedName' | 'ByteString'

export const nodes: Node[] = []
export const held: Held[] = []

/** Adds a node and says what an address of it must give; `%` stands for its identifier. */
function hold(type: DataTypeName, value: unknown, as: readonly [address: string, values: Held['values'], quality?: Held['quality']][], more: Partial<Node> = {}): void {
  const name = `${type}${nodes.length}`
  nodes.push({ name, type, value, ...more })
  for (const [address, values, quality = 'good'] of as) held.push({ address: address.replace('%', `ns=2;${more.id ?? `s=Line.${name}`}`).replace('@', `/2:Line/2:${name}`), values, quality })
}

hold('Boolean', true, [['%:Boolean', [1]], ['%', [1]]])
hold('Boolean', false, [['%:Boolean', [0]]])
for (const [type, least, most] of [['SByte', -128, 127], ['Byte', 0, 255], ['Int16', -32_768, 32_767], ['UInt16', 0, 65_535], ['Int32', -2_147_483_648, 2_147_483_647], ['UInt32', 0, 4_294_967_295]] as const) {
  hold(type, least, [[`%:${type}`, [least]]])
  hold(type, most, [[`%:${type}`, [most]], ['%', [most]]])
}
hold('Int64', [0x8000_0000, 0], [['%:Int64', [0, -2_147_483_648]]])
hold('Int64', [0x7fff_ffff, 0xffff_ffff], [['%:Int64', [4_294_967_295, 2_147_483_647]]])
hold('Int64', [0xffff_ffff, 0xffff_fffe], [['%:Int64', [4_294_967_294, -1]], ['%', [-2]]])
hold('UInt64', [0xffff_ffff, 0xffff_ffff], [['%:UInt64', [4_294_967_295, 4_294_967_295]]])
hold('UInt64', [0x1f_ffff, 0xffff_ffff], [['%', [Number.MAX_SAFE_INTEGER]]])
hold('Float', 1.5, [['%:Float', [1.5]], ['%', [1.5]], ['@:Float', [1.5]]])
hold('Float', Number.NaN, [['%:Float', [Number.NaN], 'not_a_number']])
hold('Double', Number.MAX_VALUE, [['%:Double', [Number.MAX_VALUE]]])
hold('Double', 5e-324, [['%:Double', [5e-324]]])
hold('Double', Number.NEGATIVE_INFINITY, [['%:Double', [Number.NEGATIVE_INFINITY], 'not_a_number']])
hold('String', 'Grün – 緑', [['%:String', 'Grün – 緑']])
hold('String', null, [['%:String', '']])
hold('LocalizedText', { locale: 'de', text: 'Beutel' }, [['%:String', 'Beutel']])
hold('Guid', '72962b91-fa75-4ae6-8d28-b404dc7daf63', [['%:String', '72962b91-fa75-4ae6-8d28-b404dc7daf63']])
hold('DateTime', new Date('2026-03-29T01:00:00.250Z'), [['%:DateTime', [Date.parse('2026-03-29T01:00:00.250Z')]]])
hold('UInt32', 0x8000_0021, [['%:UInt32.0', [1]], ['%:UInt32.1', [0]], ['%:UInt32.5', [1]], ['%:UInt32.31', [1]]])
hold('UInt64', [0x8000_0001, 0], [['%:UInt64.32', [1]], ['%:UInt64.63', [1]], ['%:UInt64.31', [0]]])
hold('Int16', [1, -1, 32_767, -32_768], [['%:Int16[0..3]', [1, -1, 32_767, -32_768]], ['%:Int16[1..2]', [-1, 32_767]], ['%:Int16[3]', [-32_768]], ['%:Int16[1].15', [1]]], { isArray: true })
hold('Boolean', [true, false, true], [['%:Boolean[0..2]', [1, 0, 1]], ['%:Boolean[1]', [0]]], { isArray: true })
hold('Int64', [[0, 1], [0xffff_ffff, 0xffff_ffff]], [['%:Int64[0..1]', [1, 0, 4_294_967_295, -1]]], { isArray: true })
hold('String', ['one', 'two'], [['%:String[1]', 'two']], { isArray: true })
hold('Double', Array.from({ length: 500 }, (_, i) => i / 2), [['%:Double[0..499]', Array.from({ length: 500 }, (_, i) => i / 2)]], { isArray: true })
hold('Int32', 7, [['%:Int32', [7]]], { id: 'i=1007' })
hold('Int32', 8, [['%:Int32', [8]]], { id: 'g=72962b91-fa75-4ae6-8d28-b404dc7daf63' })
hold('Int32', 9, [['%:Int32', [9]]], { id: 'b=SGVsbG8=' })
hold('Int32', 10, [['%:Int32', [10]], ['nsu=urn:lineside:test:line;s="DB1"."a:b"[3]:Int32', [10]]], { id: 's="DB1"."a:b"[3]' })
