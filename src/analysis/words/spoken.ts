/** The words of each language; a further one is a file beside `en.ts` and a line here. */

import type { Language } from '../../contract/language.js'
import { de } from './de.js'
import { type AnalysisWords, en } from './en.js'

export const spoken: Readonly<Record<Language, AnalysisWords>> = { en, de }
