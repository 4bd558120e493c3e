/** A picture that is drawn anew again and again on a terminal of its own, until Ctrl-C. */

import { setTimeout as sleep } from 'node:timers/promises'

/** The alternate screen leaves what stood in the terminal untouched; what does not fit below is left out. */
export async function onScreen(print: (text: string) => void, stopped: AbortSignal, everyMs: number, picture: () => Promise<string> | string): Promise<'interrupted'> {
  print('\u001b[?1049h\u001b[?25l')
  try {
    for (;;) {
      const rows = (await picture()).split('\n').slice(0, process.stdout.rows - 1)
      print(`\u001b[H${rows.map((row) => `${row}\u001b[K`).join('\n')}\u001b[J`)
      await sleep(everyMs, undefined, { signal: stopped }).catch(() => undefined)
      if (stopped.aborted) return 'interrupted'
    }
  } finally {
    print('\u001b[?25h\u001b[?1049l')
  }
}
