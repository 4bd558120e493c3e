/** What can go wrong between a gateway and an MES, and the test that provokes it; or why there is none. */

import { readFileSync } from 'node:fs'
import t from 'tap'

/** A file below `test/` and the beginning of the name of a test in it; or a sentence. */
type Answer = readonly [file: string, test: string] | string

const modes: readonly (readonly [failure: string, ...Answer[]])[] = [
  ['the broker is killed after its PUBACK', ['faces/upstream', 'a broker that is killed with records in its queue']],
  ['the queue of the broker is full', ['faces/mqtt/lane', 'a broker whose queue is full']],
  ['nobody consumes', ['faces/upstream', 'without a consumer the lane stands still']],
  ['the MES commits and its watermark is lost', ['faces/mqtt/lane', 'watermarks that get lost']],
  ['the MES dies before its commit', ['chaos/chaos', 'eight kills of broker, gateway and workers']],
  ['a worker dies with what it had not committed', ['faces/upstream', 'a hole in a stream has a name'], ['chaos/chaos', 'eight kills of broker, gateway and workers']],
  ['the gateway is killed', ['chaos/chaos', 'eight kills of broker, gateway and workers'], ['journal/keeping/gate', 'kill -9 in the middle of appends']],
  ['the power goes', ['journal/keeping/gate', 'a damaged database is set aside'], 'The cut at a random byte of the WAL is SQLite\'s own and is tested there; what we add is told by the damage tests and by the epoch of the gate.'],
  ['a database is put back, or a machine rolled back', ['faces/upstream', 'a database put back begins a new epoch'], ['faces/mqtt/rolled-back', 'it starts again under a new epoch'], ['journal/keeping/gate', 'a database rolled back']],
  ['a watermark from the future, of another epoch, of another gateway, or rubbish', ['faces/upstream', 'a watermark that cannot be ours']],
  ['pings are answered and no publish is', ['faces/link', 'a broker that answers pings']],
  ['the link is half open', ['faces/mqtt/lane', 'a broker that freezes']],
  ['CONNECT is refused', ['faces/link', 'a refused CONNECT is tried again']],
  ['the broker hangs up after each welcome', ['faces/link', 'a broker that hangs up']],
  ['all gateways come back at once', ['faces/mqtt/lane', 'three hundred gateways']],
  ['the broker takes only so many at once', ['faces/link', 'a broker gets no more at once']],
  ['a packet is too large', ['faces/link', 'a broker with small packets']],
  ['the broker says no to a publish', ['faces/mqtt/lane', 'what the broker says no to'], ['faces/link', 'reasons of a PUBACK']],
  ['two clients have one id', ['faces/mqtt/lane', 'two clients of one id'], ['journal/keeping/gate', 'a second journal on the same directory']],
  ['the disk is full', ['journal/disk', 'a full disk gets its ballast back'], ['faces/upstream', 'what retention took before it was sent']],
  ['a reader holds the WAL', ['journal/journal', 'a question that takes too long is given up'], 'Every question is one short transaction with a deadline, so nothing can hold it longer than that.'],
  ['a million facts wait behind a slow link', ['faces/mqtt/lane', 'what happens now goes ahead of a long history'], 'How late it is, `make bench ONLY=upstream` measures: a test must not depend on it.'],
  ['the clock steps', ['gateway/cycle', 'when the wall clock steps'], ['faces/mqtt/pull', 'what came too late is refused, for good']],
  ['an order comes again, with another body, too late, out of order, or with a forged place for its answer', ['faces/mqtt/pull', 'an order that comes again'], ['faces/mqtt/pull', 'a schedule is taken as a whole'], ['faces/mqtt/pull', 'what makes no sense is told so']],
  ['a replay reaches below retention, or over epochs', ['faces/mqtt/pull', 'replay comes page by page'], ['faces/mqtt/pull', 'what retention took is named']],
  ['a snapshot is taken while things happen', ['faces/mqtt/pull', 'a snapshot, and the stream from its number on']],
  ['a will comes late', ['faces/upstream', 'presence: a will that comes late']],
  ['a retained "online" is of a gateway that is gone', ['faces/upstream', 'presence: what a broker keeps of a gateway that is gone']],
  ['Sparkplug: a storm of rebirth requests', ['faces/mqtt/sparkplug', 'a host that asks for a rebirth']],
  ['Sparkplug: STATE of the wrong host, older, or in the old words', ['faces/mqtt/sparkplug', 'without its primary host it says nothing']],
  ['Sparkplug: DATA before BIRTH after a break', ['faces/mqtt/sparkplug', 'after a break the states of the meantime']],
  ['Sparkplug: bdSeq and seq wrap, and go on over restarts', ['faces/mqtt/sparkplug', 'bdSeq goes on over connections']],
  ['a certificate is expired, replaced, or of another', ['faces/mqtt/secured', 'a certificate that was replaced'], ['faces/mqtt/secured', 'without a certificate that the broker knows']],
  ['somebody speaks for another gateway', ['faces/mqtt/secured', 'a gateway says and hears what is its own']],
  ['a bridge drops properties, or the MES speaks 3.1.1', ['faces/mqtt/pull', 'MQTT 3.1.1, and a bridge'], ['faces/link', 'a broker that does not speak MQTT 5']],
  ['a record is poison for the consumer', ['faces/upstream', 'a record that is poison']],
  ['another version of the program finds a backlog', ['faces/mqtt/lane', 'a backlog that an older program left'], ['journal/keeping/gate', 'a journal of a newer version is refused'], 'There is one version of the stream so far; its number stands in every batch, and a consumer keeps one that it does not know with its dead letters.'],
]

t.test('each of the thirty-seven ways has its test, or a reason', async (t) => {
  t.equal(modes.length, 37)
  for (const [failure, ...answers] of modes) {
    t.ok(answers.length > 0, failure)
    for (const answer of answers) {
      if (typeof answer === 'string') continue
      const [file, name] = answer
      const text = readFileSync(new URL(`../../../../test/${file}.test.ts`, import.meta.url), 'utf8')
      t.ok(text.includes(`t.test('${name}`), `${failure}: ${file}`)
    }
  }
})
