/** Inputs that many endpoints have: lines and equipment by name, periods, and pages of a list. */

import { andonId } from '../events/andons.js'
import { stopId } from '../events/stops.js'
import { code, instantText, jobId, lineRef, z } from '../schema.js'

export const BASE = '/api/v1/enhanced'

export const ofLine = z.strictObject({ line_id: lineRef.describe('UUID or code of the line') })
export const ofEquipment = z.strictObject({ equipment_code: code })
export const ofJob = z.strictObject({ job_id: jobId })
export const ofStop = z.strictObject({ stop_id: stopId })
export const ofAndon = z.strictObject({ andon_id: andonId })

/** Which line; a list without it is of all lines in reach. */
export const whichLine = { line_id: lineRef.optional().describe('UUID or code of the line; default: the only one, for lists all') }

export const hours = z.int().min(1).default(24).describe('at most 168')

/** A day is the plant's production day; an instant has its offset. */
export const moment = z.union([z.iso.date(), instantText])
export const period = {
  from: moment.optional().describe('an instant, or a day of the plant; default: 24 hours before `to`'),
  to: moment.optional().describe('an instant, or the last day to show; default: now'),
}

export const page = {
  limit: z.int().min(1).max(1_000).default(100),
  cursor: z.string().max(128).optional().describe('`next_cursor` of the page before'),
}
export const nextCursor = { next_cursor: z.string().nullable() }
export const window = z.strictObject({ from: instantText, to: instantText })
