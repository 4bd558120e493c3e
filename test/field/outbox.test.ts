import t from 'tap'
import { limits } from '../../src/base/limits.js'
import { Outbox } from '../../src/field/outbox.js'
import type { FromCrew } from '../../src/field/parcel.js'

const scan = (number: number): FromCrew => ({ kind: 'scan', parcel: new Uint8Array([number]), texts: [] })
const numberOf = (message: FromCrew): number => (message.kind === 'scan' ? message.parcel[0]! : -1)

/** A channel that takes what it is given, and frees a place when it is told to. */
function channel() {
  const given: FromCrew[] = []
  let underWay = 0
  const outbox = new Outbox({ give(message) { given.push(message); underWay++ }, underWay: () => underWay })
  return { outbox, given, free: (count: number) => { underWay = Math.max(0, underWay - count); outbox.goOn() } }
}

t.test('a daemon that is slow gets the newest scan of every group, and how many were forgotten', async (t) => {
  const { outbox, given, free } = channel()
  for (let i = 0; i < limits.crewTurnsMax; i++) outbox.scan('a', 0, scan(i))
  t.equal(given.length, limits.crewTurnsMax)
  for (let i = 100; i < 110; i++) outbox.scan('a', 0, scan(i))
  outbox.scan('b', 1, scan(200))
  t.equal(given.length, limits.crewTurnsMax, 'nothing more is under way')
  t.equal(outbox.forgottenCount('a'), 9)
  t.equal(outbox.forgottenCount('b'), 0)
  free(1)
  free(1)
  t.same(given.slice(limits.crewTurnsMax).map(numberOf), [109, 200])
  free(1_000)
  outbox.scan('a', 0, scan(111))
  t.equal(numberOf(given.at(-1)!), 111)
})

t.test('what must not be lost is sent, however full the channel is', async (t) => {
  const { outbox, given } = channel()
  for (let i = 0; i < limits.crewTurnsMax + 5; i++) outbox.scan('a', i, scan(i))
  outbox.send({ kind: 'health', plcs: [] })
  t.equal(given.at(-1)!.kind, 'health')
})
