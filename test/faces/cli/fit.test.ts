/** Text for the width of a terminal. */

import t from 'tap'
import { cutTo, fittingWidths, wrapped } from '../../../src/faces/cli/fit.js'

t.test('a line that is too long goes on below itself, and no word is broken', async (t) => {
  for (const [text, columns, expected] of [
    ['short', 10, 'short'],
    ['reads take 6 ms of 100 ms', 12, 'reads take 6\n  ms of 100\n  ms'],
    ['    set in for more', 12, '    set in\n  for more'],
    ['one\ntwo three four', 9, 'one\ntwo three\n  four'],
    ['ADDRESS-WITHOUT-END is', 10, 'ADDRESS-WITHOUT-END\n  is'],
    ['\u001b[32mgreen\u001b[39m is no room', 16, '\u001b[32mgreen\u001b[39m is no room'],
  ] as const) t.equal(wrapped(text, columns, 2), expected)
  t.equal(wrapped('to a file it stays as it is, however long that may be', Infinity, 2), 'to a file it stays as it is, however long that may be')
})

t.test('the last column of a table gives way, and stays whole where nothing would be left of it', async (t) => {
  t.strictSame(fittingWidths([10, 20], 32, 8), [10, 20])
  t.strictSame(fittingWidths([10, 20], 25, 8), [10, 13])
  t.strictSame(fittingWidths([10, 20], 19, 8), [10, 20])
  t.strictSame(fittingWidths([10, 20], Infinity, 8), [10, 20])
  t.equal(cutTo('Guard door open', 15), 'Guard door open')
  t.equal(cutTo('Guard door open', 10), 'Guard doo…')
})
