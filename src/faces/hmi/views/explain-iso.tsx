/** The same time and parts in the words of ISO 22400-2, for whoever must report them so or compares with another plant. */

import type { IsoFigures } from '../../../contract/iso.js'
import { exact, number, percent, words } from '../words/words.js'

/** The busy time and the four that it is made of come first; what is added up from them follows. */
const times = ['PBT', 'APT', 'AUST', 'ADET', 'ADOT', 'AUPT', 'AUBT'] as const satisfies readonly (keyof IsoFigures['elements'])[]
const quantities = ['PQ', 'GQ', 'SQ'] as const satisfies readonly (keyof IsoFigures['elements'])[]
const ratios = [
  'availability', 'effectiveness', 'quality', 'oee', 'nee', 'allocation_efficiency', 'utilization_efficiency', 'technical_efficiency', 'setup_ratio', 'scrap_ratio',
] as const satisfies readonly (keyof IsoFigures['ratios'])[]
/** Those that are written alike in every language. */
const formulas: Readonly<Partial<Record<(typeof ratios)[number], string>>> = {
  availability: 'APT ÷ PBT', allocation_efficiency: 'AUBT ÷ PBT', utilization_efficiency: 'APT ÷ AUBT', technical_efficiency: 'APT ÷ (APT + ADET)', setup_ratio: 'AUST ÷ AUPT', scrap_ratio: 'SQ ÷ PQ',
}

export function Iso({ iso: { elements, ratios: values } }: { readonly iso: IsoFigures }) {
  const { iso: said } = words.value.explain
  return (
    <details class="card">
      <summary><h2>ISO 22400-2</h2></summary>
      <p>{said.differs}</p>
      <div class="columns">
        <table class="iso"><tbody>
          {times.map((one) => <tr key={one}><th scope="row">{one}</th><td>{said.elements[one]}</td><td class="number">{exact(elements[one] * 1_000)}</td></tr>)}
          {quantities.map((one) => <tr key={one}><th scope="row">{one}</th><td>{said.elements[one]}</td><td class="number">{number(elements[one])}</td></tr>)}
        </tbody></table>
        <table class="iso"><tbody>{ratios.map((one) => <tr key={one}><td>{said.ratios[one]}<br /><small class="muted">{formulas[one] ?? (said.formulas as Readonly<Record<string, string>>)[one]}</small></td><td class="number">{percent(values[one], 1)}</td></tr>)}</tbody></table>
      </div>
    </details>
  )
}
