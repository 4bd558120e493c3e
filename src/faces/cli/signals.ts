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

/** For verbs that watch: these abort the signal, and no longer end the process by themselves, so that a terminal is left as it was. */
export function interrupted(): AbortSignal {
  const stopped = new AbortController()
  for (const signal of signals) process.once(signal, () => { stopped.abort() })
  return stopped.signal
}
