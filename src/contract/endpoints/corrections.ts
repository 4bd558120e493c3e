/** What was recorded, corrected afterwards: ideal times, and what the calendar was. */

import { BASE, ofEquipment, ofLine } from './inputs.js'
import { tells } from './tells.js'

export const corrections = {
  ideal_correction: tells({ tag: 'production', params: ofEquipment, path: `${BASE}/equipment/{equipment_code}/ideal-correction`, command: 'ideal_correct', status: 201, gives: { correction: { fact: 'ideal_corrected' } } }),
  calendar_correction: tells({ tag: 'production', params: ofLine, path: `${BASE}/lines/{line_id}/calendar-correction`, command: 'calendar_correct', status: 201, gives: { correction: { fact: 'calendar_corrected' } } }),
} as const
