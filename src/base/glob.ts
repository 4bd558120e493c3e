/** Names by patterns in which `*` stands for any text. */

/** Says yes to a name that one of the patterns is like. */
export function matcher(patterns: readonly string[]): (name: string) => boolean {
  const shapes = patterns.map((pattern) => new RegExp(`^${pattern.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')).join('.*')}$`))
  return (name) => shapes.some((shape) => shape.test(name))
}
