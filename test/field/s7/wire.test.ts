import * as fc from 'fast-check'
import t from 'tap'
import { framesOf, misfitOfReply, questionOf } from '../../../src/field/s7/wire.js'
import { cases, fewerCases } from '../../support/cases.js'

/** A read of 4 bytes of DB1 and 3 of DB2 under number 7, and the right answer to it. */
const request = Buffer.from('0300002b02f080 32010000000700 1a0000 0402 120a10020004000184000000 120a10020003000284000000'.replaceAll(' ', ''), 'hex')
const reply = Buffer.from('0300002402f080 32030000000700 02000f 0000 0402 ff040020 01020304 ff040018 050607'.replaceAll(' ', ''), 'hex')

t.test('a right answer has no misfit, and a question knows what it asked for', async (t) => {
  t.same(questionOf(request), { kind: 'job', number: 7, call: 4, lengths: [4, 3] })
  t.equal(misfitOfReply(reply, questionOf(request)), null)
})

t.test('a PLC may refuse an item or the whole call: that is an answer', async (t) => {
  const without = Buffer.from('0300001d02f080 32030000000700 020008 0000 0402 0a000000 05000000'.replaceAll(' ', ''), 'hex')
  t.equal(misfitOfReply(without, questionOf(request)), null)
  const refused = Buffer.from('0300001302f080 32030000000700 000000 8104'.replaceAll(' ', ''), 'hex')
  t.equal(misfitOfReply(refused, questionOf(request)), null)
})

t.test('an item that failed and yet brings bytes would shift all behind it: nothing of such a reply is believed', async (t) => {
  const shifted = Buffer.from(reply)
  shifted[21] = 0x0a
  t.match(misfitOfReply(shifted, questionOf(request)), { fault: 'PLC_SHORT_REPLY' })
  // The items a place later, and every length agrees.
  const later = Buffer.from('0300002602f080 32030000000700 04000f 0000 0402 0000 ff040020 01020304 ff040018 050607'.replaceAll(' ', ''), 'hex')
  t.match(misfitOfReply(later, questionOf(request)), { fault: 'PLC_PROTOCOL', detail: /parameter of 4 bytes/ })
})

t.test('a frame of another type than an answer with data brings none, unless it refuses the call', async (t) => {
  for (const type of [0, 2, 7, 0xff]) {
    const other = Buffer.from(reply)
    other[8] = type
    t.match(misfitOfReply(other, questionOf(request)), { fault: 'PLC_PROTOCOL' }, `type ${type}`)
  }
  const refused = Buffer.from('0300001302f080 32020000000700 000000 8104'.replaceAll(' ', ''), 'hex')
  t.equal(misfitOfReply(refused, questionOf(request)), null)
})

t.test('no byte of a reply can be changed so that it gives other lengths than were asked for', async (t) => {
  fc.assert(fc.property(fc.nat(reply.length - 1), fc.nat(255), fc.nat(reply.length), (at, value, length) => {
    const changed = Buffer.from(reply.subarray(0, Math.max(7, length)))
    if (at < changed.length) changed[at] = value
    const misfit = misfitOfReply(changed, questionOf(request))
    // What passes is an error of the PLC, an item it did not give, or data of the very lengths that were asked for.
    return misfit !== null || changed.length === reply.length || (changed[8] === 2 && (changed[17] !== 0 || changed[18] !== 0))
  }), cases)
  fc.assert(fc.property(fc.uint8Array({ minLength: 7, maxLength: 60 }), (bytes) => {
    misfitOfReply(Buffer.from(bytes), questionOf(request))
  }), cases)
  t.pass('10,000 replies')
})

t.test('frames come out whole, however the stream is cut', async (t) => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ minLength: 3, maxLength: 300 }), { maxLength: 20 }), fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (bodies, cuts) => {
    const frames = bodies.map((body) => Buffer.concat([Buffer.from([3, 0, (body.length + 4) >> 8, (body.length + 4) & 0xff]), body]))
    const stream = Buffer.concat(frames)
    const got: Buffer[] = []
    const take = framesOf((frame) => got.push(Buffer.from(frame)))
    for (let at = 0, i = 0; at < stream.length; i++) {
      const size = cuts[i % cuts.length]!
      if (!take(stream.subarray(at, at + size))) return false
      at += size
    }
    return got.length === frames.length && got.every((frame, i) => frame.equals(frames[i]!))
  }), fewerCases(300))
  t.pass('300 streams')
})

t.test('what is no TPKT is never taken for one again', async (t) => {
  const got: Buffer[] = []
  const take = framesOf((frame) => got.push(frame))
  for (const wrong of ['48545450', '030000060000', '03002000']) {
    const take = framesOf(() => t.fail('a frame'))
    t.notOk(take(Buffer.from(wrong, 'hex')), wrong)
    t.notOk(take(reply), 'and not afterwards')
  }
  t.ok(take(reply))
  t.equal(got.length, 1)
})
