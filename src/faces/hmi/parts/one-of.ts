/** A choice that stands in the address: the first of the list when it stands there not at all, or wrongly. */

export const oneOf = <T extends string | number>(list: readonly T[], text: string | null): T => list.find((one) => String(one) === text) ?? list[0]!
