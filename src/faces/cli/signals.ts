/** Ctrl-C and `systemctl stop`, as a promise. */

const signals = ['SIGINT', 'SIGTERM'] as const
export type StopSignal = (typeof signals)[number]

/** Resolves at the first signal. A second one ends the process where it stands. */
export function toldToStop(): Promise<StopSignal> {
  return new Promise((resolve) => {
    let isTold = false
    for (const signal of signals) {
      process.on(signal, () => {
        if (isTold) process.kill(process.pid, 'SIGKILL')
        isTold = true
        resolve(signal)
      })
    }
  })
}

/** For verbs that watch: Ctrl-C aborts the signal, and no longer ends the process by itself. */
export function interrupted(): AbortSignal {
  const stopped = new AbortController()
  process.once('SIGINT', () => { stopped.abort() })
  return stopped.signal
}
