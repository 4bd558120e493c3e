/** Texts that follow what they are made of by themselves: the one node changes, and nothing around it is looked at. */

import { type ReadonlySignal, type Signal, batch, computed, effect, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'

/** `of` names what else than signals it is made of: another `of` makes another text. */
export function useText<T extends string | number>(make: () => T, of: unknown): ReadonlySignal<T> {
  return useMemo(() => computed(make), [of])
}

/** Several texts of one thing, made together by one watcher, which touches only those that came out otherwise. */
export function useTexts<T, K extends string>(of: ReadonlySignal<T>, make: (value: T) => Readonly<Record<K, string>>): Readonly<Record<K, ReadonlySignal<string>>> {
  const texts = useMemo(() => {
    const first = make(of.peek())
    // Object.entries forgets which names there are; they are those of `first`.
    return Object.fromEntries(Object.entries<string>(first).map(([name, text]) => [name, signal(text)])) as Record<K, Signal<string>>
  }, [of])
  useEffect(() => effect(() => {
    const next = make(of.value)
    batch(() => { for (const name in texts) texts[name].value = next[name] })
  }), [of])
  return texts
}
