/** Which lineside this is: the version of its package. */

import { readFileSync } from 'node:fs'

// From dist/src, where this runs, the package is two folders up.
export const version = (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version
