/** `lineside run`: the gateway itself. */

import { flag, off, port } from '../../faces/cli/flag.js'
import { verb } from '../../faces/cli/verb.js'
import { configFileOf } from '../where.js'

export const run = verb({
  words: 'run', sentence: 'run the gateway until it is told to stop', finds: 'data',
  examples: ['lineside run --demo', 'lineside run --config plant.yaml --data /var/lib/lineside'],
  flags: {
    demo: off('bring the virtual plant along; without --config, run the annotated example'),
    port: flag(port, 'where to serve, in place of `server.port`; 0 takes a free one'),
  },
  async run({ flags: { demo, port }, where, print }) {
    const file = configFileOf(where.config, demo)
    const { run } = await import('../run.js')
    return run({ file, demo, ...(port === undefined ? {} : { port }), ...(where.data === undefined ? {} : { dataDir: where.data }) }, print)
  },
})
