import t from 'tap'
import { plc } from '../../src/contract/plcs.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { plcOf } from './support/scripted.js'

t.test('fast and normal tags share a group, slow ones have their own, and every slot has one owner', async (t) => {
  const plcs = [
    plcOf({ id: 'one', slow_every: 20, tags: { bit: { address: 'DB1,X0.0', class: 'fast' }, text: 'DB1,STRING10.5', word: 'DB1,LWORD2', list: 'DB1,INT40[3]', late: { address: 'DB1,LINT50[2]', class: 'slow' }, last: 'DB1,REAL70' } }),
    plcOf({ id: 'two', tags: { only: { address: 'MW0', class: 'slow', unit: 'rpm' } } }),
  ]
  const { groups, bad } = scanGroupsOf(plcs)
  t.same(bad, [])
  t.same(groups.map(({ index, plc, class: scanClass, cycleMs, slots }) => [index, plc, scanClass, cycleMs, slots]), [[0, 'one', 'normal', 100, 7], [1, 'one', 'slow', 2_000, 4], [2, 'two', 'slow', 1_000, 1]])
  t.same(groups[0]!.tags.map(({ name, type, slot, length }) => [name, type, slot, length]), [['bit', 'bool', 0, 1], ['text', 'text', -1, 1], ['word', 'uint64', 1, 1], ['list', 'int16', 3, 3], ['last', 'float32', 6, 1]])
  t.equal(groups[2]!.tags[0]!.unit, 'rpm')
  t.same(scanGroupsOf(plcs), { groups, bad }, 'the same configuration gives the same groups')
})

t.test('fast tags have a group of their own where normal ones are read less often', async (t) => {
  const { groups } = scanGroupsOf([plcOf({ id: 'one', normal_every: 5, tags: { a: 'DB1,INT0', quick: { address: 'DB1,X2.0', class: 'fast' }, b: 'DB1,INT4', late: { address: 'DB1,INT6', class: 'slow' } } })])
  t.same(groups.map(({ index, class: scanClass, cycleMs, tags }) => [index, scanClass, cycleMs, tags.map(({ name }) => name)]), [[0, 'fast', 100, ['quick']], [1, 'normal', 500, ['a', 'b']], [2, 'slow', 1_000, ['late']]])
})

t.test('a bad address of any driver is told with its place, and moves no one else', async (t) => {
  const { groups, bad } = scanGroupsOf([
    plc.parse({ id: 'robot', driver: 'opcua', endpoint: 'opc.tcp://127.0.0.1', tags: { x: 'Speed' } }),
    plcOf({ id: 'p', tags: { wrong: 'DB1', right: 'DB1,INT0' } }),
    plcOf({ id: 'empty', tags: {} }),
  ])
  t.same(bad.map(({ path, fault }) => [path, fault]), [['plcs.0.tags.x.address', 'CONFIG_INVALID'], ['plcs.1.tags.wrong.address', 'CONFIG_INVALID']])
  t.same(groups.map(({ index, plc, tags }) => [index, plc, tags.map(({ name }) => name)]), [[0, 'p', ['right']]])
})
