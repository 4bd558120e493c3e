/** Many slots of one period, asked at once, are each what they are asked by themselves: staged, sealed, and read by two groups. */

import t from 'tap'
import { instant, later } from '../../../src/base/units.js'
import { openJournal } from '../../../src/journal/journal.js'
import { until } from '../../support/child.js'
import { START, factOf, groups, optionsFor, turnOf } from '../plant.js'

t.setTimeout(120_000)

const tags = ['running', 'total', 'speed', 'faults', 'zones', 'speed_set', 'unrecorded', 'product', 'nobody'] as const
const slots = [...tags.map((tag) => ({ plc: 'packer', tag, element: 0 })), { plc: 'packer', tag: 'zones', element: 1 }, { plc: 'packer', tag: 'zones', element: 2 }, { plc: 'other', tag: 'speed', element: 0 }]

t.test('many slots of a period are each what they are by themselves', async (t) => {
  const directory = t.testdir()
  const journal = await openJournal(optionsFor(directory))
  // Twenty minutes, of which the first chunk of ten is sealed, and the speed is read by the slow group in the end.
  for (let number = 1; number <= 400; number++) await journal.append(turnOf(number * 30, number % 40 === 0 ? [factOf(number / 40, journal.remembered.epoch)] : []))
  await until('a chunk is sealed', async () => (await journal.sizes()).turnsStagedCount < 10_000)
  await journal.close()
  const moved = groups.map((group) => ({ ...group, tags: group.index === 0 ? group.tags.filter(({ name }) => name !== 'speed') : [...group.tags.slice(0, 1), { ...group.tags[1]!, name: 'speed' }] }))
  const again = await openJournal(optionsFor(directory, { groups: moved }))
  for (let number = 401; number <= 500; number++) await again.append(turnOf(number * 30))
  const read: number[] = []
  for (const [fromMs, toMs, pointsMax] of [[0, 1_500_000, 10_000], [590_000, 625_000, 200], [100_000, 1_400_000, 60], [2_000_000, 2_100_000, 10]] as const) {
    const period = { from: later(START, fromMs), to: later(START, toMs), pointsMax }
    const histories = await again.histories({ slots, ...period })
    t.equal(histories.length, slots.length)
    for (const [i, slot] of slots.entries()) t.strictSame(histories[i], await again.samples({ ...slot, ...period }), `${slot.tag}[${slot.element}] of ${slot.plc} from ${fromMs}`)
    read.push(histories.reduce((sum, { length }) => sum + length, 0))
  }
  t.ok(read[0]! > 1_000 && read[1]! > 50 && read[2]! > 100 && read[3] === 0, `there was something to be read: ${read.join(', ')}`)
  t.strictSame(await again.histories({ slots: [], from: START, to: instant(START + 1_000), pointsMax: 10 }), [])
  await again.close()
})
