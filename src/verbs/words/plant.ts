/** `lineside plant`: the virtual plant. */

import { duration, factor, file, flag, port, standard, whole } from '../../faces/cli/flag.js'
import { toldToStop } from '../../faces/cli/signals.js'
import { verb } from '../../faces/cli/verb.js'

export const plant = verb({
  words: 'plant', sentence: 'run the virtual plant: a bagging line behind real PLCs', examples: ['lineside plant', 'lineside plant --factor 60 --for 1h --truth truth.ndjson'], finds: 'nothing',
  flags: {
    port: standard(port, '10102', 'where S7 clients connect'),
    logix: standard(port, '10144', 'where EtherNet/IP clients connect'),
    control: standard(port, '10103', 'where the levers and the truth are, over HTTP; 0 takes a free one'),
    seed: standard(whole, '1', 'the same seed gives the same shift'),
    factor: standard(factor, '1', 'how much faster than the clock it lives'),
    for: flag(duration, 'how long it lives, in its own time (default: until it is stopped)'),
    truth: flag(file, 'write everything that happens, one line of JSON each'),
  },
  async run({ flags: { port: s7Port, logix: logixPort, control: controlPort, seed, factor, for: runMs, truth: truthFile }, print }) {
    const [{ startPlant }, { greetingOf }, { openLog }] = await Promise.all([import('../../plant/plant.js'), import('../../plant/greeting.js'), import('../../base/log.js')])
    const told = toldToStop()
    const living = await startPlant({ seed, factor, s7Port, logixPort, controlPort, log: openLog('warn'), ...(runMs === undefined ? {} : { runMs }), ...(truthFile === undefined ? {} : { truthFile }) })
    print(greetingOf(living))
    const signal = await Promise.race([told, living.ended.then(() => null)])
    await living.stop()
    return signal === 'SIGINT' ? 'interrupted' : 'done'
  },
})
