/** What was recorded, corrected afterwards: ideal times. */

import { tells } from './endpoint.js'
import { BASE, ofEquipment } from './inputs.js'

export const corrections = {
  ideal_correction: tells({ tag: 'production', params: ofEquipment, path: `${BASE}/equipment/{equipment_code}/ideal-correction`, command: 'ideal_correct', status: 201, gives: { correction: { fact: 'ideal_corrected' } } }),
} as const
