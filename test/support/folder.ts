/** A folder for one test, which goes when everything that was started in it has ended. */

import type { Test } from 'tap'

/**
 * As tap's `testdir`, whose place among the things to do at the end is where it was first asked for: before every `teardown` that
 * comes later, and then a folder is removed under a process that still writes into it. One `teardown` before it puts it last.
 */
export function folderOf(t: Pick<Test, 'teardown' | 'testdir'>, content?: Parameters<Test['testdir']>[0]): string {
  t.teardown(() => undefined)
  return t.testdir(content)
}
