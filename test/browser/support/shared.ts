/** The one gateway and the one browser that all cases share: starting them takes longer than most cases. Whoever imports the cases closes it. */

import { openStage } from './stage.js'

export { pictures } from './stage.js'
export const stage = await openStage()
