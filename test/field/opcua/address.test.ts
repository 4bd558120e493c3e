import t from 'tap'
import { parseAddress } from '../../../src/field/opcua/address.js'

t.test('addresses say what they mean', async (t) => {
  for (const [text, address] of [
    ['ns=2;s=Line.Bagger.Count:UInt32', { type: 'uint32', length: 1, target: { node: { by: 'id', namespace: 2, id: 's=Line.Bagger.Count' }, kind: 'UInt32', range: '', bit: -1 } }],
    ['ns=2;s=Line.Bagger.Count', { type: 'float64', target: { kind: 'Number' } }],
    ['i=2258:DateTime', { type: 'time', target: { node: { namespace: 0, id: 'i=2258' } } }],
    ['nsu=http://acme.com/line;i=1007:Float', { type: 'float32', target: { node: { namespace: 'http://acme.com/line', id: 'i=1007' } } }],
    ['ns=3;s="DB1"."Counts"[3]:Int16', { target: { node: { id: 's="DB1"."Counts"[3]' }, range: '' } }],
    ['ns=2;s=Counts:Int16[3..10]', { type: 'int16', length: 8, target: { range: '3:10' } }],
    ['ns=2;s=Matrix:Double[1,0..2]', { length: 3, target: { range: '1,0:2' } }],
    ['ns=2;s=Status:UInt32.5', { type: 'bool', length: 1, target: { kind: 'UInt32', bit: 5 } }],
    ['ns=2;s=Words:UInt16[3].15', { type: 'bool', target: { range: '3', bit: 15 } }],
    ['ns=2;s=a:b:c:String', { type: 'text', target: { node: { id: 's=a:b:c' } } }],
    ['ns=4;s=x:lreal', { type: 'float64', target: { kind: 'Double' } }],
    ['/2:Line/2:Bagger/2:Count:UInt32', { type: 'uint32', target: { node: { by: 'path', steps: [{ namespace: 2, name: 'Line' }, { namespace: 2, name: 'Bagger' }, { namespace: 2, name: 'Count' }] } } }],
    ['/2:Line/2:Count', { type: 'float64', target: { node: { steps: [{ name: 'Line' }, { name: 'Count' }] } } }],
    ['nsu=urn:line;/Line/Count:Int64', { type: 'int64', target: { node: { steps: [{ namespace: 'urn:line', name: 'Line' }, { namespace: 'urn:line', name: 'Count' }] } } }],
  ] as const) t.match(parseAddress(text), address, text)
})

t.test('what is wrong is said with the grammar and a near miss', async (t) => {
  for (const [text, why] of [
    ['Line.Count', /no namespace and no identifier; did you mean ns=2;s=Line\.Count\?.*write the node/],
    ['ns=2,s=Count', /a semicolon.*did you mean ns=2;s=Count\?/],
    ['ns=2;Count', /what kind of identifier.*did you mean ns=2;s=Count\?/],
    ['ns=2;1007', /did you mean ns=2;i=1007\?/],
    ['ns=2;s=Count:Uint33', /no type Uint33.*did you mean ns=2;s=Count:UInt32\?/],
    ['ns=2;i=abc', /whole number/], ['ns=2;g=123', /looks like/], ['ns=2;s=', /empty/], ['ns=70000;s=x', /65535/],
    ['2:Line/2:Count', /a path begins with a slash/], ['/2:Line//2:Count', /a name is missing/],
    ['ns=2;s=Counts:Int16[3-10]', /two dots; did you mean ns=2;s=Counts:Int16\[3\.\.10\]\?/], ['ns=2;s=Counts:Int16[10..3]', /goes up/], ['ns=2;s=Counts:Int16[x]', /square brackets/], ['ns=2;s=Counts:Int16[0..9999]', /at most 8192/],
    ['ns=2;s=Word:Int16.16', /bits 0 to 15/], ['ns=2;s=Speed:Float.3', /Float has no bits/], ['ns=2;s=Words:Int16[0..3].2', /of one element/], ['ns=2;s=Names:String[0..3]', /one by one/],
  ] as const) t.match(parseAddress(text), why, text)
})
