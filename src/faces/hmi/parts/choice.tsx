/** One of several, all in sight: the pressed button is the one in force. */

export function Choice({ name, of, chosen, pick }: { readonly name: string; readonly of: readonly (readonly [string, string])[]; readonly chosen: string; readonly pick: (to: string) => void }) {
  return <div class="choice" role="group" aria-label={name}>{of.map(([value, text]) => <button key={value} type="button" class="button" aria-pressed={chosen === value} onClick={() => { pick(value) }}>{text}</button>)}</div>
}
