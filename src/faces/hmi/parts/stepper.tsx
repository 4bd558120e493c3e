/** A number of parts with as few taps as can be: one more, ten more, or typed. */

export interface StepperProps {
  readonly label: string
  readonly parts: number
  readonly max: number
  readonly set: (parts: number) => void
}

export function Stepper({ label, parts, max, set }: StepperProps) {
  const to = (next: number) => { set(partsOf(String(next), max)) }
  return (
    <div class="stepper">
      <button type="button" class="button" aria-label="−1" onClick={() => { to(parts - 1) }}>−</button>
      <label>{label}<input type="number" inputMode="numeric" min={1} max={max} value={parts} onInput={(event) => { set(partsOf(event.currentTarget.value, max)) }} /></label>
      <button type="button" class="button" aria-label="+1" onClick={() => { to(parts + 1) }}>+</button>
      <button type="button" class="button" aria-label="+10" onClick={() => { to(parts + 10) }}>+10</button>
    </div>
  )
}

/** What was typed, as a whole number of parts that can be meant; one when nothing was. */
export const partsOf = (typed: string, max: number): number => Math.max(1, Math.min(max, Math.round(Number(typed) || 1)))
