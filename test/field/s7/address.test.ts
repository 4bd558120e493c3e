import t from 'tap'
import { parseAddress } from '../../../src/field/s7/address.js'

/** An address in one line: area, block, byte.bit, kind, elements, characters, bytes. */
function told(text: string): string {
  const address = parseAddress(text)
  if (typeof address === 'string') return address
  const { area, db, start, bit, kind, chars, bytes } = address.target
  return `${area}${db} ${start}.${bit} ${kind}×${address.length} ${address.type}${chars > 0 ? ` chars=${chars}` : ''} bytes=${bytes}`
}

function complaintOf(text: string): string {
  const answer = parseAddress(text)
  return typeof answer === 'string' ? answer : 'no complaint'
}

t.test('an address reads in the style of every house', async (t) => {
  for (const [text, expected] of [
    ['DB10,X0.3', 'DB10 0.3 BOOL×1 bool bytes=1'],
    ['db10, x0.3', 'DB10 0.3 BOOL×1 bool bytes=1'],
    ['DB10,BOOL7.7', 'DB10 7.7 BOOL×1 bool bytes=1'],
    ['DB10,X0.3[16]', 'DB10 0.3 BOOL×16 bool bytes=3'],
    ['DB10,REAL24', 'DB10 24.0 REAL×1 float32 bytes=4'],
    ['DB10,R24', 'DB10 24.0 REAL×1 float32 bytes=4'],
    ['DB10,INT2[4]', 'DB10 2.0 INT×4 int16 bytes=8'],
    ['DB10,I2', 'DB10 2.0 INT×1 int16 bytes=2'],
    ['DB10,LWORD12', 'DB10 12.0 LWORD×1 uint64 bytes=8'],
    ['DB20,STRING36.20', 'DB20 36.0 STRING×1 text chars=20 bytes=22'],
    ['DB20,WSTRING0.10', 'DB20 0.0 WSTRING×1 text chars=10 bytes=24'],
    ['DB20,CHAR4', 'DB20 4.0 CHAR×1 text chars=1 bytes=1'],
    ['DB20,CHAR4[8]', 'DB20 4.0 CHAR×1 text chars=8 bytes=8'],
    ['DB20,DTL8', 'DB20 8.0 DTL×1 time bytes=12'],
    ['DB20,DT8', 'DB20 8.0 DATE_AND_TIME×1 time bytes=8'],
    ['DB20,S5TIME8', 'DB20 8.0 S5TIME×1 time bytes=2'],
    // Bit 3 of a big-endian word stands in its second byte, bit 12 in its first.
    ['DB10,WORD4.3', 'DB10 5.3 BOOL×1 bool bytes=1'],
    ['DB10,WORD4.12', 'DB10 4.4 BOOL×1 bool bytes=1'],
    ['DB10,LWORD8.63', 'DB10 8.7 BOOL×1 bool bytes=1'],
    ['MW20', 'M0 20.0 WORD×1 uint16 bytes=2'],
    ['M10.3', 'M0 10.3 BOOL×1 bool bytes=1'],
    ['MX10.3', 'M0 10.3 BOOL×1 bool bytes=1'],
    ['MREAL4', 'M0 4.0 REAL×1 float32 bytes=4'],
    ['MS5TIME4', 'M0 4.0 S5TIME×1 time bytes=2'],
    ['EB1', 'I0 1.0 BYTE×1 uint8 bytes=1'],
    ['IDINT4', 'I0 4.0 DINT×1 int32 bytes=4'],
    ['A0.1', 'Q0 0.1 BOOL×1 bool bytes=1'],
    ['QW2[3]', 'Q0 2.0 WORD×3 uint16 bytes=6'],
    ['T5', 'T0 5.0 TIMER×1 time bytes=2'],
    ['C3', 'C0 3.0 COUNTER×1 uint16 bytes=2'],
    ['Z3[2]', 'C0 3.0 COUNTER×2 uint16 bytes=4'],
    ['%DB10.DBX0.3', 'DB10 0.3 BOOL×1 bool bytes=1'],
    ['%DB10.DBD24:REAL', 'DB10 24.0 REAL×1 float32 bytes=4'],
    ['%DB10.DBW2', 'DB10 2.0 WORD×1 uint16 bytes=2'],
    ['%DB10.DBW2:INT[4]', 'DB10 2.0 INT×4 int16 bytes=8'],
    ['%DB10.DBB8:LREAL', 'DB10 8.0 LREAL×1 float64 bytes=8'],
    ['%DB10.DBX8.0:LREAL', 'DB10 8.0 LREAL×1 float64 bytes=8'],
    ['%DB20.DBB36:STRING[20]', 'DB20 36.0 STRING×1 text chars=20 bytes=22'],
    ['%MD4:REAL', 'M0 4.0 REAL×1 float32 bytes=4'],
    ['%M10.3', 'M0 10.3 BOOL×1 bool bytes=1'],
    ['%IW4:INT', 'I0 4.0 INT×1 int16 bytes=2'],
    ['DB65535,BYTE65535', 'DB65535 65535.0 BYTE×1 uint8 bytes=1'],
  ] as const) t.equal(told(text), expected, text)
})

t.test('a wrong address is answered with one sentence: what is wrong, what may have been meant, how to write it', async (t) => {
  for (const [text, why, near] of [
    ['DB10,RAEL24', 'there is no type RAEL', 'did you mean DB10,REAL24?'],
    ['DB10,UDIMT4', 'there is no type UDIMT', 'did you mean DB10,UDINT4?'],
    ['DB10,X0', 'a bit needs its number', 'did you mean DB10,X0.0?'],
    ['DB10,X0.8', 'a byte has the bits 0 to 7', 'did you mean DB10,X1.0?'],
    ['DB10,WORD4.16', 'a WORD has the bits 0 to 15', 'did you mean DB10,WORD4.15?'],
    ['DB10,REAL4.2', 'REAL has no part after a dot', 'did you mean DB10,REAL4?'],
    ['DB10REAL4', 'a comma belongs after the block', 'did you mean DB10,REAL4?'],
    ['DB10,REAL', 'the byte is missing', 'did you mean DB10,REAL0?'],
    ['DB20,STRING36', 'a STRING needs its greatest length', 'did you mean DB20,STRING36.20?'],
    ['DB20,STRING36[20]', 'a STRING needs its greatest length', 'did you mean DB20,STRING36.20?'],
    ['DB20,STRING36.20[2]', 'texts are read one by one', 'did you mean DB20,STRING36.20?'],
    ['%DB10.DBW24:REAL', 'a REAL takes 4 bytes, not 2', 'did you mean %DB10.DBB24:REAL?'],
    ['%DB10.DBX0', 'a bit needs its number', 'did you mean %DB10.DBX0.0?'],
    ['DB0,INT0', 'numbered from 1 to 65535', ''],
    ['DB10,INT65535', 'ends beyond byte 65535', ''],
    ['DB10,INT0[0]', 'at least one element', ''],
    ['DB20,STRING0.255', '1 to 254', ''],
    ['', 'it names no area', ''],
    ['speed', 'it names no area', ''],
    ['X0.0', 'it names no area', ''],
  ] as const) {
    const answer = complaintOf(text)
    t.ok(answer.includes(why), text)
    t.ok(answer.includes(near), text)
    t.match(answer, 'write area, type and byte', text)
    t.notMatch(answer, '\n', text)
  }
})

t.test('what is suggested can be used', async (t) => {
  for (const text of ['DB10,RAEL24', 'DB10,X0.9', 'DB10REAL4', 'DB20,STRING36', '%DB10.DBW24:REAL', 'MX3', 'DB10,DWORD4.32', 'DB1,FLOAT8', 'DB1,WORD4.3[2]']) {
    const near = /did you mean ([^?]+)\?/.exec(complaintOf(text))?.[1]
    t.type(parseAddress(near ?? 'nothing'), 'object', `${text} → ${near}`)
  }
})
