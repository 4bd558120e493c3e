import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { xmlOf } from '../../src/base/xml.js'
import { loadConfig, sentenceOf } from '../../src/configuration/configure.js'
import { readBlock } from '../../src/configuration/importing/block.js'
import type { Found } from '../../src/configuration/importing/found.js'
import { pieceOf } from '../../src/configuration/importing/piece.js'
import { suggested } from '../../src/configuration/importing/roles.js'
import { readRslogix } from '../../src/configuration/importing/rslogix.js'
import { readSlc } from '../../src/configuration/importing/slc.js'
import { readTiaCsv, readTiaXml } from '../../src/configuration/importing/tia.js'
import { importFrom } from '../../src/verbs/import.js'

const LOGIX = `remark,"CSV-Import-Export"
remark,"Date = Thu Mar 06 10:47:40 2025"
remark,"Version = RSLogix 5000 v33.00"
remark,"Owner = "
remark,"Company = "
0.3
TYPE,SCOPE,NAME,DESCRIPTION,DATATYPE,SPECIFIER,ATTRIBUTES
TAG,,Bagger_Running,"Bagger l$E4uft, $Qauto$Q","BOOL","","(RADIX := Decimal, Constant := false, ExternalAccess := Read/Write)"
TAG,,Bagger_Good_Count,"Good$Nparts","DINT","","(RADIX := Decimal)"
TAG,,Bagger_Total_Count,"","DINT","","(RADIX := Decimal)"
TAG,,Bagger_Speed,"Bags per minute","REAL","","(RADIX := Float)"
TAG,,Faults,"Fault bits","BOOL[64]","","(RADIX := Decimal)"
TAG,,List,"","INT[10]","",""
TAG,,Log,"","DINT[5000]","",""
TAG,,Grid,"","DINT[3,4]","",""
TAG,,Secret,"","DINT","","(ExternalAccess := None)"
TAG,,Wait,"","TIMER","",""
TAG,,Parts,"","COUNTER","",""
TAG,,Drive,"","MotorUDT","",""
TAG,,Local:1:I,"","AB:Embedded_DiscreteIO:I:0","",""
TAG,,Name,"","STRING","",""
TAG,,Bad Tag,"","DINT","",""
TAG,,NoType,"","","",""
TAG,MainProgram,Step,"","INT","",""
ALIAS,,Jam,"Jam","","Word.3","(RADIX := Decimal)"
TAG,,Word,"","DINT","",""
ALIAS,,Input1,"","","Local:1:I.Data.0","(RADIX := Decimal)"
COMMENT,,Word,"infeed jam","","Word.3"
WRONG,,X,"","DINT","",""
`

const addresses = (found: Found): string[] => found.taken.map(({ address }) => address)

t.test('tags of Logix are taken with the address that reads them', async (t) => {
  const found = readRslogix(LOGIX)
  t.strictSame(addresses(found), [
    'Bagger_Running:BOOL', 'Bagger_Good_Count:DINT', 'Bagger_Total_Count:DINT', 'Bagger_Speed:REAL', 'Faults[0..63]:BITS', 'List[0..9]:INT', 'Parts.ACC:DINT', 'Name:STRING', 'Program:MainProgram.Step:INT', 'Word.3', 'Word:DINT',
  ])
  t.match(found.taken[0]!.comment, /Bagger l\$E4uft, "auto"/)
  t.equal(found.taken[1]!.comment, 'Good parts')
  t.equal(found.taken.find(({ address }) => address === 'Word.3')!.name, 'Jam')
  t.match(found.left, [
    { name: 'Log', why: /array of 5000/ }, { name: 'Grid', why: /2 dimensions/ }, { name: 'Secret', why: /ExternalAccess/ }, { name: 'Wait', why: /Wait\.ACC:DINT/ },
    { name: 'Drive', why: /plc browse/ }, { name: 'Local:1:I', why: /structure/ }, { name: 'Input1', why: /not in this file/ },
  ])
  t.match(found.misfits, [{ row: 22, column: 6, message: /"Bad Tag" is no name/ }, { row: 23, column: 16, message: 'a tag has a type' }, { row: 29, column: 1, message: /"WRONG" is no kind of row/ }])
})

t.test('what is no export of tags says so at its place', async (t) => {
  for (const [text, misfit] of [
    ['a,b,c\n1,2,3', { row: 1, column: 1, message: /before the heading/ }], ['remark,x\n', { row: 1, message: /no heading/ }], ['TYPE,SCOPE,NAME,DESCRIPTION\nTAG,,A,', { row: 2, message: /no column DATATYPE/ }],
    ['TYPE,SCOPE,NAME,DESCRIPTION,DATATYPE,SPECIFIER\nTAG,,A,"never ends', { row: 2, column: 8, message: /never ends/ }],
    ['TYPE,SCOPE,NAME,DESCRIPTION,DATATYPE,SPECIFIER\nTAG,,A,,DINT,,,surplus', { row: 2, column: 15, message: /more fields/ }],
  ] as const) t.match(readRslogix(text).misfits[0], misfit, text)
})

const TIA = `Name;Path;Data Type;Logical Address;Comment;Hmi Visible;Hmi Accessible;Hmi Writeable;Typeobject ID;Version ID
Filler running;Tag table_1;Bool;%M10.0;runs;True;True;True;;
Good_Count;Tag table_1;DInt;%MD100;;True;True;True;;
Füllstand;Tag table_1;Real;%MD104;level;True;True;True;;
Energy;Tag table_1;LReal;%M108.0;;True;True;True;;
Words;Tag table_1;Array[0..3] of Int;%MW120;;True;True;True;;
Sensor;Tag table_1;Bool;%E0.1;;True;True;True;;
Direct;Tag table_1;Word;%IW256:P;;True;True;True;;
Delay;Tag table_1;Timer;%T5;;True;True;True;;
Text;Tag table_1;String[20];%MB140;;True;True;True;;
Motor;Tag table_1;"MotorType";%M200.0;;True;True;True;;
Narrow;Tag table_1;Real;%MW4;;True;True;True;;
;Tag table_1;Bool;%M0.0;;True;True;True;;
Nowhere;Tag table_1;Bool;;;True;True;True;;
`

t.test('a tag table of TIA is taken from CSV, in English and in German', async (t) => {
  const found = readTiaCsv(TIA)
  t.strictSame(addresses(found), ['%M10.0:BOOL', '%MD100:DINT', '%MD104:REAL', '%M108.0:LREAL', '%MW120:INT[4]', '%E0.1:BOOL', '%T5', '%MB140:STRING[20]'].map((address) => (address.endsWith(':BOOL') ? address.slice(0, -5) : address)))
  t.match(found.left, [{ name: 'Direct', why: /process image/ }, { name: 'Motor', why: /members/ }, { name: 'Nowhere', why: /no address/ }])
  t.match(found.misfits, [{ row: 12, column: 25, message: /a REAL takes 4 bytes, not 2/ }, { row: 13, column: 1, message: 'a tag has a name' }])
  t.strictSame(addresses(readTiaCsv('Name,Pfad,Datentyp,Logische Adresse,Kommentar\nA,T,Int,%MW2,x\n')), ['%MW2:INT'])
  t.strictSame(addresses(readTiaCsv('Name\tData Type\tLogical Address\nA\tInt\t%MW2\n')), ['%MW2:INT'], 'tabs, as a sheet is saved as text')
  t.match(readTiaCsv('Name;Type\nA;Int').misfits, [{ row: 1, message: /no column DATA TYPE/ }])
})

t.test('both kinds of XML give the same tags', async (t) => {
  const editor = '<?xml version="1.0"?>\n<Tagtable name="T">\n  <Tag type="Bool" hmiVisible="True" addr="%M10.0" remark="runs &amp; fills">Filler running</Tag>\n  <Tag type="Real" addr="%MW4">Speed</Tag>\n</Tagtable>'
  t.match(readTiaXml(editor), { taken: [{ name: 'Filler running', address: '%M10.0', comment: 'runs & fills', row: 3 }], misfits: [{ row: 4, column: 3 }] })
  const openness = `<Document><SW.Tags.PlcTagTable ID="0"><ObjectList><SW.Tags.PlcTag ID="1" CompositionName="Tags"><AttributeList><DataTypeName>DInt</DataTypeName><LogicalAddress>%MD100</LogicalAddress><Name>Good</Name></AttributeList>
    <ObjectList><MultilingualText ID="2" CompositionName="Comment"><ObjectList><MultilingualTextItem ID="3"><AttributeList><Culture>de-DE</Culture><Text>Gutteile</Text></AttributeList></MultilingualTextItem></ObjectList></MultilingualText></ObjectList></SW.Tags.PlcTag></ObjectList></SW.Tags.PlcTagTable></Document>`
  t.match(readTiaXml(openness).taken, [{ name: 'Good', address: '%MD100:DINT', comment: 'Gutteile' }])
  t.match(readTiaXml('<Tagtable></Tagtable>').misfits, [{ message: /holds no tags/ }])
})

t.test('XML that is none is refused at its place', async (t) => {
  for (const [text, misfit] of [
    ['<a>\n  <b>\n</a>', { line: 3, column: 1, message: '</a> ends what did not begin' }], ['<a><b></b>', { line: 1, column: 1, message: '<a> never ends' }], ['', { message: 'there is no element' }], ['<a>\n1 < 2</a>', { line: 2, column: 3 }],
    ['<a>'.repeat(100), { message: 'it is nested too deeply' }],
  ] as const) t.match(xmlOf(text), misfit, text)
  t.match(xmlOf('<a x=\'1\' y="&lt;&#65;"><!-- <no> --><![CDATA[<raw>]]></a>'), { attributes: { x: '1', y: '<A' }, text: '<raw>' })
})

const BLOCK = `TYPE "Motor"
VERSION : 0.1
   STRUCT
      on : Bool;
      amps : Real;
   END_STRUCT;
END_TYPE

DATA_BLOCK "Machine"
{ S7_Optimized_Access := 'FALSE' }
VERSION : 0.1
NON_RETAIN
   STRUCT
      running { ExternalWritable := 'False'} : Bool;   // machine runs
      auto : Bool;
      state : Int := 6;   // PackML
      small : Byte;
      other : Byte;
      flag : Bool;
      total : DInt;
      bits : Array[0..15] of Bool;
      name : String[20];
      "with space" : USInt;
      inner : Struct
         a : Bool;
         b : LReal;
      END_STRUCT;
      m : Array[1..2] of "Motor";
      stamp : DTL;
      words : Array[0..2] of Word;
      last : Bool;
   END_STRUCT;


BEGIN
   state := 6;

END_DATA_BLOCK
`

t.test('members of a block stand where standard access puts them', async (t) => {
  const found = readBlock(BLOCK, 10)
  t.strictSame(found.misfits, [])
  t.strictSame(found.taken.map(({ name, address }) => `${name} ${address}`), [
    'running DB10,X0.0', 'auto DB10,X0.1', 'state DB10,INT2', 'small DB10,BYTE4', 'other DB10,BYTE5', 'flag DB10,X6.0', 'total DB10,DINT8', 'bits DB10,X12.0[16]', 'name DB10,STRING14.20', 'with space DB10,USINT36',
    'inner.a DB10,X38.0', 'inner.b DB10,LREAL40', 'm[1].on DB10,X48.0', 'm[1].amps DB10,REAL50', 'm[2].on DB10,X54.0', 'm[2].amps DB10,REAL56', 'stamp DB10,DTL60', 'words DB10,WORD72[3]', 'last DB10,X78.0',
  ])
  t.equal(found.taken[0]!.comment, 'machine runs')
  t.match(readBlock(BLOCK, null).misfits, [{ row: 9, message: /--db/ }])
  t.match(readBlock(BLOCK.replace('\'FALSE\'', '\'TRUE\''), 10).left, [{ name: 'Machine', why: /Optimized block access/ }])
  const cut = readBlock(BLOCK.replace(/TYPE "Motor"[\s\S]*?END_TYPE/, ''), 10)
  t.match(cut.misfits, [{ message: /m: "Motor" has no known size/ }], 'nobody guesses where the rest stands')
  t.equal(cut.taken.at(-1)!.name, 'inner.b')
  t.match(readBlock('DATA_BLOCK DB5\nSTRUCT\n a : Int;\n', null).misfits, [{ row: 2, message: /STRUCT never ends/ }])
  t.match(readBlock('hello', 1).misfits, [{ message: /no DATA_BLOCK/ }])
  t.strictSame(addresses(readBlock('DATA_BLOCK DB5\nSTRUCT\n a : Int;\nEND_STRUCT;\nBEGIN\nEND_DATA_BLOCK', null)), ['DB5,INT0'])
})

const SLC = `"N7:0","Global","GOOD_COUNT","Good","parts","","","","0",""
"N7:1/3","Global","RUNNING","","","","","","0",""
"N7:40","Global","","Line","speed","","","","0",""
"B3:1/4","Global","JAM","","","","","","0",""
"B3/21","Global","DOOR","","","","","","0",""
"B3:2","Global","WORD","","","","","","0",""
"T4:0.ACC","Global","WAIT","","","","","","0",""
"T4:0/DN","Global","DONE","","","","","","0",""
"F8:0","Global","RATE","","","","","","0",""
"I:1/0","Global","START","","","","","","0",""
"S:5/11","Global","BATTERY","","","","","","0",""
DFILE:7,x
"what","Global","","","","","","","0",""
`

t.test('addresses of RSLogix 500 are taken where Modbus serves their file', async (t) => {
  const found = readSlc(SLC, { holding: 'N7', coils: 'B3' })
  t.strictSame(found.taken.map(({ name, address, comment }) => [name, address, comment]), [
    ['GOOD_COUNT', 'HR0:INT16', 'N7:0 Good parts'], ['RUNNING', 'HR1.3', 'N7:1/3'], ['N7:40', 'HR40:INT16', 'Line speed'], ['JAM', 'C20', 'B3:1/4'], ['DOOR', 'C21', 'B3/21'],
  ])
  t.match(found.left.map(({ name, why }) => [name, why]), [['WORD', /name one, like B3:2\/0/], ['WAIT', /timer/], ['DONE', /timer/], ['RATE', /F8 is not served/], ['START', /I is not served/], ['BATTERY', /not served/]])
  t.match(found.misfits, [{ row: 13, column: 1, message: /"what" is no address/ }])
  t.equal(readSlc(SLC, { holding: null, coils: null }).taken.length, 0)
  t.match(readSlc('', { holding: 'N7', coils: null }).misfits, [{ message: /no rows/ }])
})

t.test('signals are suggested where a name leaves no doubt, machine by machine', async (t) => {
  const of = (...tags: (readonly [string, 'bool' | 'int32' | 'float32'])[]) => suggested(tags.map(([name, type]) => ({ name, type, length: 1 }))).map(({ of: machine, signals }) => [machine, Object.fromEntries(signals)])
  t.strictSame(of(['Bagger_Running', 'bool'], ['Bagger.GoodCount', 'int32'], ['Loader_Running', 'bool'], ['Bagger_Speed', 'float32'], ['Bagger_Speed_Set', 'float32']), [
    ['bagger', { running: 'Bagger_Running', good_count: 'Bagger.GoodCount', speed: 'Bagger_Speed' }], ['loader', { running: 'Loader_Running' }],
  ])
  t.strictSame(of(['Running', 'bool'], ['run', 'bool']), [], 'two that could be are none')
  t.strictSame(of(['Running', 'float32'], ['Return', 'bool']), [], 'a type that does not fit, and a word that only looks like one')
  t.strictSame(of(['M1_Störung', 'bool']), [['m1', { fault: 'M1_Störung' }]])
})

const base = (piece: string, signals: string): string => `version: 1\ngateway: { id: box }\ncalendars: { c: {} }\nplcs:\n${piece}lines:\n  - { id: 12345678-1234-5678-9abc-123456789012, code: L1, name: Line, calendar: c, equipment: [{ code: E1, name: Machine, ${signals} }] }\n`

t.test('every piece, with what it suggests, is a sound configuration', async (t) => {
  const dir = t.testdir()
  for (const [name, found, signals] of [
    ['logix', readRslogix(LOGIX), 'signals: { running: plc1/Bagger_Running, good_count: plc1/Bagger_Good_Count, total_count: plc1/Bagger_Total_Count, speed: plc1/Bagger_Speed }'],
    ['tia', readTiaCsv(TIA), 'signals: { running: plc1/Filler_running, good_count: plc1/Good_Count }'],
    ['block', readBlock(BLOCK, 10), 'signals: { running: plc1/running }'],
    ['slc', readSlc(SLC, { holding: 'N7', coils: 'B3' }), 'signals: { running: plc1/RUNNING, good_count: plc1/GOOD_COUNT }'],
    ['nothing', readTiaCsv('Name;Data Type;Logical Address\n'), 'signals: {}'],
  ] as const) {
    const piece = pieceOf(found, { id: 'plc1', host: '192.168.0.1', source: `${name}.csv` })
    for (const tag of signals.match(/plc1\/\w+/g) ?? []) if (name !== 'block') t.ok(piece.includes(`: ${tag}\n`), `${tag} is suggested`)
    const file = join(dir, `${name}.yaml`)
    writeFileSync(file, base(piece, signals))
    const loaded = loadConfig(file)
    t.strictSame('errors' in loaded ? loaded.errors.map(sentenceOf) : [], [], name)
    if ('config' in loaded) t.equal(Object.keys(loaded.config.plcs[0]!.tags).length, found.taken.length)
  }
})

t.test('nothing in a name or a comment escapes into the configuration', async (t) => {
  const found = readTiaCsv('Name,Data Type,Logical Address,Comment\n"a\n  - id: evil",Bool,%M0.0,"x\n    host: evil"\n1st,Bool,%M0.1,\n1st,Bool,%M0.2,\n')
  const piece = pieceOf(found, { id: 'p', host: 'h', source: 'x\ny' })
  const file = join(t.testdir(), 'c.yaml')
  writeFileSync(file, base(piece, 'signals: {}'))
  const loaded = loadConfig(file)
  t.match('config' in loaded ? loaded.config.plcs : loaded, [{ id: 'p', host: 'h', tags: { 'a_-_id_evil': {}, _1st: {}, _1st_2: {} } }])
})

t.test('a file that is there is not written over', async (t) => {
  const dir = t.testdir({ 'tags.csv': LOGIX, 'there.yaml': 'mine' })
  const wish = { file: join(dir, 'tags.csv'), plc: 'bagger', host: '10.0.0.1', out: join(dir, 'there.yaml'), force: false }
  t.throws(() => importFrom(wish, readRslogix), { message: /is there already/ })
  t.equal(readFileSync(wish.out, 'utf8'), 'mine')
  t.match(importFrom({ ...wish, force: true }, readRslogix), { text: '', exit: 'problems', talk: [/tags\.csv:22:6 /, /:23:16 /, /:29:1 /, /11 tags taken, 7 left, 3 rows/] })
  t.match(readFileSync(wish.out, 'utf8'), /- id: bagger\n/)
  t.throws(() => importFrom({ ...wish, file: join(dir, 'no.csv') }, readRslogix), { message: /there is no file/ })
  t.throws(() => importFrom({ ...wish, plc: 'a b' }, readRslogix), { message: /no name of a PLC/ })
  writeFileSync(join(dir, 'latin.csv'), Buffer.from('Name;Data Type;Logical Address\nF\xfcll;Bool;%M0.0\n', 'latin1'))
  t.match(importFrom({ ...wish, file: join(dir, 'latin.csv'), out: undefined }, readTiaCsv), { text: /Fuell: +"%M0.0" +# Füll/ })
  t.notOk(existsSync(join(dir, 'new.yaml')))
})
