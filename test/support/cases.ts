/** How many cases a property is asked, and which. */

/** So many in `make check`; another number is `CASES`. */
const CASES = Number(process.env['CASES'] ?? 2_000)

/** The same in every run, so that what was green once is green again; `SEED` asks others, and `SEED=random` ones that nobody has seen. Whoever fails tells its seed. */
const SEED = process.env['SEED'] === 'random' ? Date.now() % 2 ** 31 : Number(process.env['SEED'] ?? 1)

export const cases = { numRuns: CASES, seed: SEED }

/** For a property whose cases take long and that proves no invariant by itself: `usual` of them in `make check`, and in the same proportion of any other number. */
export const fewerCases = (usual: number): typeof cases => ({ numRuns: Math.max(1, Math.round((usual * CASES) / 2_000)), seed: SEED })
