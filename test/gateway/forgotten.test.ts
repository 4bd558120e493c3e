/** What can still be corrected when retention has taken the beginning: what is known, from its first minute on. */

import t from 'tap'
import { instant, rfc3339 } from '../../src/base/units.js'
import { folderOf } from '../support/folder.js'
import { START, config, make, openGateway } from './open-gateway.js'

t.setTimeout(600_000)

const ENHANCED = '/api/v1/enhanced'
const KEEP_MINUTES = 20
const at = (minute: number): string => rfc3339(instant(START + minute * 60_000))

t.test('a past that retention took away is not corrected: the answer says since when it is known, and from there on it is', async (t) => {
  const gateway = await openGateway(folderOf(t), START, { ...config.storage, facts: { keep: KEEP_MINUTES * 60_000, bytes: 2e9 } })
  t.teardown(() => gateway.close())
  const { plc, runs, ask } = gateway
  const makes = (): void => { make(plc, 2) }
  const stands = (): void => { Object.assign(plc, { f_run: 0, p_run: 0 }) }
  const corrects = (from: string, to: string, seconds: number) => ask(`${ENHANCED}/equipment/FIL/ideal-correction`, { from, to, ideal_cycle_seconds: seconds, reason: 'nameplate' }, 'admin')

  // A stop, and a run of a quarter of an hour: all of it is known.
  await runs(18, makes)
  await runs(18, stands)
  await runs(60, makes)
  const { stops: [stop] } = (await ask(`${ENHANCED}/stops?equipment_code=FIL&from=${at(0)}&to=${at(16)}`)).data as { stops: { stop_id: string }[] }
  t.equal((await ask(`${ENHANCED}/stops/${stop!.stop_id}/reason`, { reason: 'JAM' }, 'admin')).status, 200)
  t.equal((await corrects(at(8), at(9), 4)).status, 201, 'while it is known it is corrected')

  // Later than facts are kept, with a stop now and then: a past is known from the first state that is still told on.
  for (let round = 0; round < 5; round++) {
    await runs(36, makes)
    await runs(6, stands)
  }
  while ((await gateway.oldest()).at < Date.parse(at(10))) await runs(6, makes)

  const { status, error } = await corrects(at(8), at(9), 3)
  t.match({ status, ...error }, { status: 422, code: 'PAST_FORGOTTEN', details: { equipment: 'FIL', known_from: /^2026-03-24T1\d:\d\d:00\.000Z$/ } })
  let knownFrom = error!.details['known_from']!
  t.ok(Date.parse(knownFrom) > Date.parse(at(9)), `known from ${knownFrom}`)
  t.match(await corrects(at(8), rfc3339(instant(Date.parse(knownFrom) + 60_000)), 3), { status: 422, error: { code: 'PAST_FORGOTTEN' } }, 'nor is a part of it')
  const head = gateway.desk.head()
  const fromThereOn = () => corrects(knownFrom, rfc3339(instant(Date.parse(knownFrom) + 60_000)), 3)
  let answer = await fromThereOn()
  // Retention may have taken more since it said so.
  while (answer.error?.code === 'PAST_FORGOTTEN' && answer.error.details['known_from']! > knownFrom) {
    knownFrom = answer.error.details['known_from']!
    answer = await fromThereOn()
  }
  t.match(answer, { status: 201, error: null }, 'from there on it is corrected')
  t.ok(gateway.desk.head().seq > head.seq, 'and that is a fact')
})
