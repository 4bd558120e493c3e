/** The screens in a real browser, before a plant of their own: the box and who may come in, what nobody may take for live, and links that break. The last case kills the gateway. */

import t from 'tap'
import { stage } from './support/shared.js'

t.setTimeout(600_000)
t.teardown(async () => { await stage.close() })

for (const cases of ['house', 'states', 'links']) await import(`./cases/${cases}.js`)
