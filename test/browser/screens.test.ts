/** The screens in a real browser. The cases follow each other as the days of a plant do: some leave calls, jobs and people behind, and the last one kills the gateway. */

import t from 'tap'
import { stage } from './support/shared.js'

t.teardown(async () => { await stage.close() })

for (const cases of ['screens', 'figures', 'people', 'house', 'states', 'links']) await import(`./cases/${cases}.js`)
