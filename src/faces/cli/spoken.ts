/** Time as people say it: lengths in words, and moments by the clock of their terminal. Programs get instants. */

/** `3 d 4 h`, `4 h 5 min`, `5 min`, `12 s` */
export function spoken(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (minutes === 0) return `${Math.floor(seconds)} s`
  if (hours === 0) return `${minutes} min`
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `2026-03-29 06:00:00.000` */
export function localTime(at: string | number): string {
  const moment = new Date(at)
  return `${moment.toLocaleString('sv-SE')}.${String(moment.getMilliseconds()).padStart(3, '0')}`
}

/** `06:00:00` */
export const localClock = (at: string | number): string => new Date(at).toLocaleTimeString('sv-SE')
