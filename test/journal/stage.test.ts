import t from 'tap'
import { Stage } from '../../src/journal/stage.js'
import type { WireTurn } from '../../src/journal/wire.js'

const turnOf = (number: number, urgent = false): WireTurn =>
  ({ number, at: number, mono: number, scans: [], rows: [], snapshots: [], facts: [], commands: urgent ? [{} as never] : [] })

/** A disk that can be full, and that can be slow. */
function disk({ stageMs = 10_000 } = {}) {
  const commits: number[][] = []
  const troubles: number[] = []
  const at = { isFull: false, held: Promise.resolve() }
  const stage = new Stage({
    stageMs,
    async write(turns) {
      const isFull = at.isFull
      await at.held
      if (isFull) throw new Error('full')
      commits.push(turns.map(({ number }) => number))
    },
    onTrouble: (_trouble, turnsCount) => { troubles.push(turnsCount) },
  })
  return { stage, commits, troubles, at }
}

t.test('turns wait for each other, and go before the first that cannot wait', async (t) => {
  const { stage, commits } = disk()
  await stage.append(turnOf(1))
  await stage.append(turnOf(2))
  t.same(commits, [])
  await stage.append(turnOf(3, true))
  t.same(commits, [[1, 2, 3]])
  await stage.append(turnOf(4))
  await stage.flush()
  t.same(commits, [[1, 2, 3], [4]])
  await stage.flush()
  t.equal(commits.length, 2, 'nothing waits, nothing is written')
})

t.test('when the time is up they are written without being asked for', async (t) => {
  const { stage, commits } = disk({ stageMs: 5 })
  await stage.append(turnOf(1))
  while (commits.length === 0) await new Promise((done) => { setTimeout(done, 1) })
  t.same(commits, [[1]])
})

t.test('a full disk refuses the turn that was told of and keeps those that wait, in order', async (t) => {
  const { stage, commits, troubles, at } = disk()
  await stage.append(turnOf(1))
  at.isFull = true
  await t.rejects(stage.append(turnOf(2, true)), /full/)
  t.same(troubles, [1])
  let release = (): void => undefined
  at.held = new Promise((done) => { release = done })
  // It fails while the next ones arrive, and they come after it all the same.
  const failing = stage.flush()
  await new Promise((done) => { setImmediate(done) })
  at.isFull = false
  const urgent = stage.append(turnOf(4, true))
  await stage.append(turnOf(3))
  release()
  await t.rejects(failing, /full/)
  await urgent
  t.same(commits, [[1, 3, 4]])
})

t.test('memory is bounded: when too many wait, the next one has to be written', async (t) => {
  const { stage, commits, at } = disk()
  for (let number = 1; number <= 1_000; number++) await stage.append(turnOf(number))
  at.isFull = true
  await t.rejects(stage.append(turnOf(1_001)), /full/)
  at.isFull = false
  await stage.append(turnOf(1_001))
  t.same(commits.map((numbers) => numbers.length), [1_001])
})
