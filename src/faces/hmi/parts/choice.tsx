/** One of several, all in sight: the pressed button is the one in force. Where nothing may be chosen, too, that is `''`. More than a hand can choose from at a glance stand in a list. */

interface ChoiceProps { readonly name: string; readonly of: readonly (readonly [string, string])[]; readonly chosen: string; readonly optional?: boolean; readonly pick: (to: string) => void }

export function Choice({ name, of, chosen, optional = false, pick }: ChoiceProps) {
  if (of.length > SEEN_MAX) {
    return <select aria-label={name} value={chosen} onChange={(event) => { pick(event.currentTarget.value) }}>{optional ? <option value="">–</option> : null}{of.map(([value, text]) => <option key={value} value={value}>{text}</option>)}</select>
  }
  return <div class="choice" role="group" aria-label={name}>{of.map(([value, text]) => <button key={value} type="button" class="button" aria-pressed={chosen === value} onClick={() => { pick(value) }}>{text}</button>)}</div>
}

const SEEN_MAX = 8
