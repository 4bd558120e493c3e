import fc from 'fast-check'
import t from 'tap'
import { limits } from '../../../src/base/limits.js'
import { instant, rfc3339 } from '../../../src/base/units.js'
import type { Draft } from '../../../src/contract/events/catalogue.js'
import { dayAfter } from '../../../src/core/time/calendar.js'
import { productionDay, shiftsOfDay } from '../../../src/core/time/dated.js'
import { type Shifts, applyShifts, decideShifts, initialShifts, shiftsBetween, slotAt } from '../../../src/core/time/shifts.js'
import { calendarOf, planOf, time } from '../../support/machine.js'
import { cases } from '../../support/cases.js'

const HOUR = 3_600_000
const threeShifts = { day_start: '06:00', shifts: [
  { name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '10:00', end: '10:30' }] },
  { name: 'late', start: '14:00', end: '22:00' },
  { name: 'night', start: '22:00', end: '06:00', breaks: [{ start: '02:00', end: '02:30' }] },
] }
const hours = (calendar: object, zone: string, day: string) =>
  shiftsOfDay(calendarOf(calendar), zone, day).map((shift) => [shift.name, (shift.to - shift.from) / HOUR])
const spans = (calendar: object, day: string, zone = 'UTC') =>
  shiftsOfDay(calendarOf(calendar), zone, day).map((shift) => `${shift.name} ${rfc3339(shift.from).slice(8, 16)}..${rfc3339(shift.to).slice(8, 16)}`)

t.test('the night shift is an hour shorter in spring and longer in autumn, and the production day with it', async (t) => {
  for (const [zone, day, night, dayHours] of [
    ['Europe/Berlin', '2026-03-28', 7, 23], ['Europe/Berlin', '2026-10-24', 9, 25], ['Europe/Berlin', '2026-06-01', 8, 24],
    ['America/New_York', '2026-03-07', 7, 23], ['America/New_York', '2026-10-31', 9, 25],
    ['Australia/Lord_Howe', '2026-10-03', 7.5, 23.5], ['Australia/Lord_Howe', '2026-04-04', 8.5, 24.5],
    ['Asia/Kolkata', '2026-03-28', 8, 24], ['UTC', '2026-03-28', 8, 24],
  ] as const) {
    t.strictSame(hours(threeShifts, zone, day), [['early', 8], ['late', 8], ['night', night]], `${zone} ${day}`)
    const noon = shiftsOfDay(calendarOf(threeShifts), zone, day)[0]!.from
    const whole = productionDay(calendarOf(threeShifts), zone, noon)
    t.equal(whole.day, day)
    t.equal((whole.to - whole.from) / HOUR, dayHours, `${zone} ${day}`)
  }
})

t.test('a boundary in a skipped hour is the first valid instant, in a doubled hour the earlier one, and shifts still tile', async (t) => {
  const at = (boundary: string) => ({ day_start: '06:00', shifts: [{ name: 'first', start: '18:00', end: boundary }, { name: 'second', start: boundary, end: '06:00' }] })
  for (const [zone, day, boundary, instant] of [
    ['Europe/Berlin', '2026-03-28', '02:30', '2026-03-29T01:00:00.000Z'],
    ['Europe/Berlin', '2026-10-24', '02:30', '2026-10-25T00:30:00.000Z'],
    ['America/New_York', '2026-03-07', '02:00', '2026-03-08T07:00:00.000Z'],
    ['America/New_York', '2026-10-31', '01:30', '2026-11-01T05:30:00.000Z'],
    ['Australia/Lord_Howe', '2026-10-03', '02:15', '2026-10-03T15:30:00.000Z'],
    ['Australia/Lord_Howe', '2026-04-04', '01:45', '2026-04-04T14:45:00.000Z'],
  ] as const) {
    const [first, second] = shiftsOfDay(calendarOf(at(boundary)), zone, day)
    t.equal(rfc3339(first!.to), instant, `${zone} ${boundary}`)
    t.equal(second!.from, first!.to)
  }
})

t.test('a night shift belongs to the day in which it starts, also after midnight', async (t) => {
  const calendar = calendarOf({ ...threeShifts, shifts: [...threeShifts.shifts.slice(0, 2), { name: 'evening', start: '22:00', end: '00:00' }, { name: 'small_hours', start: '00:00', end: '06:00' }] })
  const slot = slotAt(calendar, 'Europe/Berlin', time('2026-06-02T03:00:00+02:00'))
  t.equal(slot.shift!.id, '2026-06-01/small_hours')
  t.equal(productionDay(calendar, 'Europe/Berlin', time('2026-06-02T05:59:59.999+02:00')).day, '2026-06-01')
  t.equal(productionDay(calendar, 'Europe/Berlin', time('2026-06-02T06:00:00+02:00')).day, '2026-06-02')
})

t.test('breaks that overlap are merged, and those that stick out of their shift are clipped', async (t) => {
  const calendar = { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [
    { start: '09:00', end: '09:20', name: 'coffee' }, { start: '09:15', end: '09:30', name: 'talk' }, { start: '09:30', end: '09:40', name: 'walk' },
    { start: '13:50', end: '14:10', name: 'cleaning' }, { start: '15:00', end: '16:00', name: 'lost' },
  ] }] }
  const [early] = shiftsOfDay(calendarOf(calendar), 'UTC', '2026-06-01')
  t.strictSame(early!.breaks.map((pause) => [pause.name, rfc3339(pause.from).slice(11, 16), rfc3339(pause.to).slice(11, 16)]), [['coffee', '09:00', '09:40'], ['cleaning', '13:50', '14:00']])
  t.equal(early!.plannedMs, 8 * HOUR - 50 * 60_000)
  const [counted] = shiftsOfDay(calendarOf({ ...calendar, breaks: 'count' }), 'UTC', '2026-06-01')
  t.equal(counted!.plannedMs, 8 * HOUR, 'counted breaks are planned time')
})

t.test('the exceptions of a calendar', async (t) => {
  const day = '2026-06-06' // a Saturday
  const weekdaysOnly = { ...threeShifts, shifts: threeShifts.shifts.map((shift) => ({ ...shift, days: ['mon', 'tue', 'wed', 'thu', 'fri'] })) }
  const on = (date: string, ...exceptions: object[]) => ({ ...weekdaysOnly, exceptions: exceptions.map((exception) => ({ date, ...exception })) })
  const friday = '2026-06-05'
  for (const [what, calendar, date, expected] of [
    ['a Saturday is closed', weekdaysOnly, day, []],
    ['overtime on a Saturday: the early shift works', on(day, { shift: 'early' }), day, ['early 06T06:00..06T14:00']],
    ['overtime with hours of its own', on(day, { shift: 'early', start: '07:00', end: '12:00' }), day, ['early 06T07:00..06T12:00']],
    ['hours for a day without shifts', on(day, { start: '08:00', end: '12:00', name: 'stocktaking' }), day, ['overtime 06T08:00..06T12:00']],
    ['a holiday closes the night shift too', on(friday, { closed: true }), friday, []],
    ['a cancelled shift', on(friday, { shift: 'late', closed: true }), friday, ['early 05T06:00..05T14:00', 'night 05T22:00..06T06:00']],
    ['a shift that starts earlier takes the time', on(friday, { shift: 'late', start: '12:00' }), friday, ['early 05T06:00..05T12:00', 'late 05T12:00..05T22:00', 'night 05T22:00..06T06:00']],
    ['overtime before the day begins', on(friday, { shift: 'early', start: '04:00' }), friday, ['early 05T04:00..05T14:00', 'late 05T14:00..05T22:00', 'night 05T22:00..06T06:00']],
    ['the plant closes at noon', on(friday, { end: '12:00' }), friday, ['early 05T06:00..05T12:00']],
    ['a shift nobody knows, with hours', on(friday, { shift: 'late', closed: true }, { shift: 'inventory', start: '15:00', end: '17:00' }), friday, ['early 05T06:00..05T14:00', 'inventory 05T15:00..05T17:00', 'night 05T22:00..06T06:00']],
  ] as const) t.strictSame(spans(calendar, date), expected, what)
  t.strictSame(spans(on(friday, { shift: 'early', start: '04:00' }), '2026-06-04').at(-1), 'night 04T22:00..05T04:00', 'the night before ends when overtime begins')
  t.strictSame(spans({ ...weekdaysOnly, shifts: [{ name: 'early', start: '06:00', end: '14:00', from: '2026-06-02', until: '2026-06-03' }] }, '2026-06-01'), [], 'a pattern that does not hold yet')
})

t.test('four crews take turns at three shifts, in eight days that begin again whatever the week', async (t) => {
  // Two early, two late, two nights, two free: each crew is two days behind the one before.
  const turns = ['A', 'B', 'C', 'D'].flatMap((crew) => [crew, crew])
  const behind = (days: number) => ({ from: '2026-06-01', crews: turns.map((_, day) => turns[(day + 8 - days) % 8]!) })
  const rota = { ...threeShifts, shifts: threeShifts.shifts.map((shift, index) => ({ ...shift, rota: behind(2 * index) })) }
  const crews = (day: string) => shiftsOfDay(calendarOf(rota), 'Europe/Berlin', day).map(({ crew }) => crew).join('')
  const days = Array.from({ length: 17 }, (_, n) => dayAfter('2026-06-01', n - 8))
  const eightDays = ['ADC', 'ADC', 'BAD', 'BAD', 'CBA', 'CBA', 'DCB', 'DCB']
  t.strictSame(days.map(crews), [...eightDays, ...eightDays, 'ADC'], 'also before the day it is told from')
  t.equal(shiftsOfDay(calendarOf(rota), 'Europe/Berlin', '2026-10-24').at(-1)!.to - shiftsOfDay(calendarOf(rota), 'Europe/Berlin', '2026-10-24').at(-1)!.from, 9 * HOUR, 'clocks that go back move no turn')
  t.equal(crews('2027-06-01'), eightDays[365 % 8], 'a year on')

  const early = { name: 'early', start: '06:00', end: '14:00' }
  const twoOfThree = { shifts: [{ ...early, rota: { from: '2026-06-01', crews: ['A', 'B', null] } }] }
  const works = (calendar: object, length: number) => Array.from({ length }, (_, n) => shiftsOfDay(calendarOf(calendar), 'UTC', dayAfter('2026-06-01', n)).map(({ crew }) => crew).join('') || '-').join('')
  t.equal(works(twoOfThree, 7), 'AB-AB-A', 'nobody has the third day')
  t.equal(works({ shifts: [{ ...twoOfThree.shifts[0], days: ['mon', 'tue', 'wed', 'thu', 'fri'] }] }, 9), 'AB-AB--B-', 'and the weekend stays free')
  t.equal(works({ ...twoOfThree, exceptions: [{ date: '2026-06-03', shift: 'early' }, { date: '2026-06-01', closed: true }] }, 3), '-B-', 'overtime on a free day is a shift without a crew of its own')
  t.strictSame(spans({ ...twoOfThree, exceptions: [{ date: '2026-06-03', shift: 'early' }] }, '2026-06-03'), ['early 03T06:00..03T14:00'])
})

t.test('5: every instant has one slot, and slots meet, whatever the calendar and the clocks do', async () => {
  const clock = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 45)).map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`)
  const rota = fc.option(fc.record({ from: fc.constant('2026-06-01'), crews: fc.array(fc.constantFrom('A', 'B', null), { minLength: 1, maxLength: 9 }) }), { nil: undefined })
  const pattern = fc.record({ start: clock, end: clock, days: fc.subarray(['mon', 'wed', 'sat', 'sun'], { minLength: 1 }), rota, breaks: fc.array(fc.record({ start: clock, end: clock }), { maxLength: 2 }) })
  const calendar = fc.record({ day_start: clock, shifts: fc.array(pattern, { maxLength: 3 }) })
    .map((rules) => ({ ...rules, shifts: rules.shifts.map((shift, index) => ({ ...shift, name: `s${index}` })) }))
  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC')
  const date = fc.constantFrom('2026-03-28', '2026-10-24', '2026-03-07', '2026-10-31', '2026-04-04', '2026-10-03', '2026-06-01')
  fc.assert(fc.property(calendar, zone, date, (rules, timeZone, day) => {
    const calendar = calendarOf(rules)
    const from = productionDay(calendar, timeZone, time(`${day}T12:00:00Z`)).from
    const to = instant(from + 30 * HOUR)
    let coveredMs = 0
    for (let at = from; at < to;) {
      const slot = slotAt(calendar, timeZone, at)
      if (!(slot.from <= at && at < slot.to)) return false
      // Asked at its edges, the calendar gives the same slot: no answer depends on what was asked before.
      if (JSON.stringify(slotAt(calendarOf(rules), timeZone, instant(slot.to - 1))) !== JSON.stringify(slot)) return false
      coveredMs += Math.min(slot.to, to) - at
      at = slot.to
    }
    const shifts = shiftsBetween(calendar, timeZone, from, to)
    return coveredMs === 30 * HOUR && shifts.every((shift, index) => index === 0 || shifts[index - 1]!.to <= shift.from)
  }), cases)
})

t.test('a shift change is told once, dated at its boundary, also after the gateway slept over several', async (t) => {
  const plan = planOf({ timeZone: 'Europe/Berlin', calendar: threeShifts })
  let shifts: Shifts = initialShifts
  const look = (at: string): string[] => {
    const facts: Draft[] = decideShifts(shifts, plan, time(at))
    for (const fact of facts) shifts = applyShifts(shifts, fact)
    return facts.map((fact) => `${fact.type} ${'shift' in fact.body ? fact.body.shift : ''} ${rfc3339(fact.at)}`)
  }
  t.strictSame(look('2026-03-28T20:00:00Z'), ['shift_started 2026-03-28/late 2026-03-28T13:00:00.000Z'], 'the gateway is born in the middle of a shift')
  t.strictSame(look('2026-03-28T20:59:59.999Z'), [])
  t.strictSame(look('2026-03-28T21:00:00Z'), ['shift_ended 2026-03-28/late 2026-03-28T21:00:00.000Z', 'shift_started 2026-03-28/night 2026-03-28T21:00:00.000Z'])
  t.strictSame(look('2026-03-28T21:00:00.1Z'), [])
  shifts = JSON.parse(JSON.stringify(shifts)) as Shifts
  t.strictSame(look('2026-03-29T13:00:00Z'), [
    'shift_ended 2026-03-28/night 2026-03-29T04:00:00.000Z', 'shift_started 2026-03-29/early 2026-03-29T04:00:00.000Z',
    'shift_ended 2026-03-29/early 2026-03-29T12:00:00.000Z', 'shift_started 2026-03-29/late 2026-03-29T12:00:00.000Z',
  ], 'a restart over several boundaries')
  t.strictSame(look('2026-03-29T12:30:00Z'), [], 'the wall clock goes back')
  t.ok(look('2027-03-29T13:00:00Z').length <= 2 + 2 * 3 * (limits.shiftsCaughtUpMs / 86_400_000 + 1), 'after a year in the cupboard only the last month is told')
})

t.test('what a shift made is what left the line, and what the line rejected', async (t) => {
  const plan = planOf({ calendar: threeShifts, machines: [{ code: 'M1' }, { code: 'M2' }] })
  let shifts = decideShifts(initialShifts, plan, time('07:00')).reduce(applyShifts, initialShifts)
  const counted = (equipment: string, shift: string, good: number, reject: number): void => {
    shifts = applyShifts(shifts, { type: 'count_recorded', at: time('08:00'), line: 'L1', equipment, body: { shift, good, reject } } as unknown as Draft)
  }
  counted('M1', '2026-06-01/early', 100, 3)
  counted('M2', '2026-06-01/early', 90, 2)
  counted('M2', '2026-05-31/night', 1_000, 0)
  const [ended] = decideShifts(shifts, plan, time('14:00'))
  t.match(ended, { type: 'shift_ended', at: time('14:00'), body: { shift: '2026-06-01/early', good: 90, reject: 5 } })
})

t.test('days count on over months', async (t) => t.equal(dayAfter('2026-02-28', 1), '2026-03-01'))
