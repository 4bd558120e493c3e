/** `lineside completion` and `lineside manual`: every verb, for the shell and for man. */

import { argument, oneOf } from '../../faces/cli/flag.js'
import { completion, manual, shells } from '../../faces/cli/manual.js'
import { treeOf } from '../../faces/cli/tree.js'
import { type Verb, verb } from '../../faces/cli/verb.js'

// The table of all verbs holds these too, so they find it when they run.
const table = () => import('../table.js')

export const shell: readonly Verb[] = [
  verb({
    words: 'completion', sentence: 'the completions of a shell', examples: ['lineside completion bash > /etc/bash_completion.d/lineside'], finds: 'nothing',
    args: { shell: argument(oneOf('shell', shells), 'which') },
    async run({ args }) { return { text: completion(treeOf((await table()).program), args.shell), exit: 'done', talk: [] } },
  }),
  verb({
    words: 'manual', sentence: 'the manual page', examples: [], finds: 'nothing', isHidden: true,
    async run() {
      const { program } = await table()
      return { text: manual(treeOf(program), program.version), exit: 'done', talk: [] }
    },
  }),
]
