/** What to do about a fault of a PLC or of a tag: its remedy, made shorter by what the PLC or the operating system said. */

import type { FaultCode } from '../contract/faults.js'
import type { AnalysisWords } from './words/en.js'

export function adviceOn(fault: FaultCode, detail: string | null, words: AnalysisWords): string {
  return (detail === null ? null : sharper(fault, detail, words)) ?? words.faults[fault][1]
}

function sharper(fault: FaultCode, detail: string, { why }: AnalysisWords): string | null {
  if (/ENOTFOUND|EAI_AGAIN/.test(detail)) return why.nameUnknown
  if (/ECONNREFUSED/.test(detail)) return why.refusedPort
  if (/EHOSTUNREACH|ENETUNREACH/.test(detail)) return why.noWay
  if (/the trace has ended/.test(detail)) return why.traceEnded
  if (fault === 'PLC_REFUSED' && /rack and slot/.test(detail)) return why.rackAndSlot
  if (/said nothing/.test(detail)) return why.saysNothing
  if (/optimized block access/.test(detail)) return why.optimised
  return null
}
