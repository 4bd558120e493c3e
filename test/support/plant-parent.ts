/** A process with a plant whose reads hang, for tests that kill it. */

import { startPlant } from '../../src/plant/plant.js'

const plant = await startPlant({ seed: 1, factor: 60, s7Port: 0, controlPort: null })
await plant.pull({ lever: 'faults/hang', body: {} })
process.send?.({ pid: plant.state().plcPid, port: plant.s7Port })
