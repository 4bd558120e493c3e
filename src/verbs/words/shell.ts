/** `lineside completion` and `lineside manual`: every verb, for the shell and for man. */

import { argument, oneOf } from '../../faces/cli/flag.js'
import { completion, manual, shells } from '../../faces/cli/manual.js'
import { type Program, treeOf } from '../../faces/cli/tree.js'
import { type Verb, verb } from '../../faces/cli/verb.js'

/** The program that is told of holds these too, so they ask for it when they run. */
export const shell = (program: () => Program): readonly Verb[] => [
  verb({
    words: 'completion', sentence: 'the completions of a shell', examples: ['lineside completion bash > /etc/bash_completion.d/lineside'], finds: 'nothing',
    args: { shell: argument(oneOf('shell', shells), 'which') },
    async run({ args }) { return { text: completion(treeOf(program()), args.shell), exit: 'done', talk: [] } },
  }),
  verb({
    words: 'manual', sentence: 'the manual page', examples: [], finds: 'nothing', isHidden: true,
    async run() { return { text: manual(treeOf(program()), program().version), exit: 'done', talk: [] } },
  }),
]
