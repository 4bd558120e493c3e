/** What a clock on the wall of the plant shows, as an instant: people type the one and the gateway wants the other. */

const MINUTE_MS = 60_000

/** `2026-03-28T06:00` in an IANA zone; `null` when it is no such text. Of an hour that comes twice it is the first, and in one that is left out the time after it. */
export function instantAt(text: string, zone: string): string | null {
  const shown = Date.parse(`${text}Z`)
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text) || Number.isNaN(shown)) return null
  const guesses = [...new Set([shown - offsetMs(shown - 86_400_000, zone), shown - offsetMs(shown + 86_400_000, zone)])].sort((a, b) => a - b)
  const found = guesses.find((at) => at + offsetMs(at, zone) === shown) ?? guesses.at(-1)!
  return new Date(found).toISOString()
}

/** The same the other way round. */
export const shownAt = (at: number, zone: string): string => new Date(at + offsetMs(at, zone)).toISOString().slice(0, 16)

/** How far the clock on the wall is ahead of UTC. */
function offsetMs(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' }).formatToParts(at)
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute')) - Math.floor(at / MINUTE_MS) * MINUTE_MS
}
