/** How many cases a property is asked. */

/** So many in `make check`; another number is `CASES`. */
const CASES = Number(process.env['CASES'] ?? 2_000)

export const cases = { numRuns: CASES }

/** For a property whose cases take long and that proves no invariant by itself: `usual` of them in `make check`, and in the same proportion of any other number. */
export const fewerCases = (usual: number): { readonly numRuns: number } => ({ numRuns: Math.max(1, Math.round((usual * CASES) / 2_000)) })
