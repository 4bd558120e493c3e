/** Why a PIN was not taken, in words that help the person who typed it. */

import { Refused } from '../data/client.js'
import { words } from '../words/words.js'
import { sentenceOf } from './action.js'

export function pinProblem(thrown: unknown): string {
  const { pad, login } = words.value
  if (!(thrown instanceof Refused)) return login.unreachable
  if (thrown.againMs !== null) return pad.wait(String(Math.ceil(thrown.againMs / 1_000)))
  return thrown.code === 'PIN_WRONG' ? pad.wrong : sentenceOf(thrown)
}
