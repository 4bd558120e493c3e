/** Lengths of time as people say them. */

/** `3 d 4 h`, `4 h 5 min`, `5 min`, `12 s` */
export function spoken(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (minutes === 0) return `${Math.floor(seconds)} s`
  if (hours === 0) return `${minutes} min`
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}
