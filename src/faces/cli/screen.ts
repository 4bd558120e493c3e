/** A picture that is drawn anew again and again on a terminal of its own, until q or Ctrl-C. */

import { setTimeout as sleep } from 'node:timers/promises'

/** The alternate screen leaves what stood in the terminal untouched; what does not fit below is left out. */
export async function onScreen(print: (text: string) => void, stopped: AbortSignal, everyMs: number, picture: () => Promise<string> | string): Promise<'done' | 'interrupted'> {
  const over = new AbortController()
  let ended: 'done' | 'interrupted' = 'interrupted'
  stopped.addEventListener('abort', () => { over.abort() })
  const keys = onKeys((key) => {
    if (key !== CTRL_C) ended = 'done'
    over.abort()
  })
  print('\u001b[?1049h\u001b[?25l')
  try {
    for (;;) {
      const rows = (await picture()).split('\n').slice(0, process.stdout.rows - 1)
      if (!over.signal.aborted) print(`\u001b[H${rows.map((row) => `${row}\u001b[K`).join('\n')}\u001b[J`)
      await sleep(everyMs, undefined, { signal: over.signal }).catch(() => undefined)
      if (over.signal.aborted) return ended
    }
  } finally {
    print('\u001b[?25h\u001b[?1049l')
    keys.close()
  }
}

const CTRL_C = '\u0003'
const QUITS = ['q', 'Q', '\u001b', CTRL_C]

/** What is typed does not show in the picture, and Ctrl-C comes as a key. */
function onKeys(quit: (key: string) => void): { close(): void } {
  const { stdin } = process
  if (!stdin.isTTY) return { close: () => undefined }
  const heard = (typed: Buffer): void => { if (QUITS.includes(typed.toString())) quit(typed.toString()) }
  stdin.setRawMode(true)
  stdin.on('data', heard)
  return { close() {
    stdin.off('data', heard)
    stdin.setRawMode(false)
    stdin.pause()
  } }
}
