/** The screens in a real browser. The cases follow each other as the days of a plant do: some leave calls, jobs and people behind. */

import t from 'tap'
import { stage } from './support/shared.js'

t.setTimeout(600_000)
t.teardown(async () => { await stage.close() })

for (const cases of ['screens', 'figures', 'people']) await import(`./cases/${cases}.js`)
