/** The end of the log, kept in memory for a screen that shows it; everything still goes where it went. */

export interface LogTail {
  /** To be given to the log in place of its stream. */
  readonly stream: NodeJS.WritableStream
  /** The newest lines as they were written, oldest first. */
  lines(): readonly string[]
}

export function openLogTail(to: NodeJS.WritableStream, linesMax: number): LogTail {
  const kept: string[] = []
  const write = (chunk: string | Uint8Array): boolean => {
    kept.push(chunk.toString())
    if (kept.length > linesMax) kept.shift()
    return to.write(chunk)
  }
  // The log only ever writes; all else is the stream's own.
  const stream = Object.assign(Object.create(to) as NodeJS.WritableStream, { write })
  return { stream, lines: () => kept }
}
