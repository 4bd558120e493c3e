/** A message in a subject and a few lines, for people who read it on a telephone. */

import type { Message } from '../../contract/events/message.js'

export function wordsFor(message: Message): { readonly subject: string; readonly text: string } {
  const { type, data, equipment_code: equipment, timestamp } = message
  const where = equipment ?? message.line_id ?? 'gateway'
  const word = (name: string): string => plain(data[name]) ?? ''
  const lines = Object.entries(data).flatMap(([name, value]) => (plain(value) === null ? [] : [`${name.replaceAll('_', ' ')}: ${plain(value)}`]))
  return { subject: oneLine(`${where}: ${subjectOf(type, word)}`), text: [`at: ${timestamp}`, ...lines, ''].join('\n') }
}

const plain = (value: unknown): string | null => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : null)

function subjectOf(type: string, word: (name: string) => string): string {
  switch (type) {
    case 'andon_event': return `${word('priority')} call, ${word('andon_type')}${word('description') === '' ? '' : `: ${word('description')}`}`
    case 'escalation_update': return word('ladder') === 'fixed_position' ? `call ${word('andon_id')}: the line stopped at its fixed position` : `call ${word('andon_id')} climbed to level ${word('level')} (${word('ladder')})`
    case 'andon_resolved': return `call ${word('andon_id')} ended`
    case 'oee_alert': return `OEE below ${word('threshold')}, ${word('level')}`
    case 'oee_alert_cleared': return 'OEE is back'
    default: return type.replaceAll('_', ' ')
  }
}

/** What people type may hold line breaks; a subject must not, or it becomes headers. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ').slice(0, 200)
