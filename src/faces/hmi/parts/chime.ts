/** Two short tones that are heard over a hall and not taken for a machine's alarm. */

let audio: AudioContext | null = null

/** The first call must come from a touch, or the browser keeps silent. */
export function chime(): void {
  audio ??= new AudioContext()
  for (const [at, hertz] of [[0, 880], [0.25, 660]] as const) tone(audio, audio.currentTime + at, hertz)
}

function tone(context: AudioContext, at: number, hertz: number): void {
  const oscillator = context.createOscillator()
  const gain = context.createGain()
  oscillator.frequency.value = hertz
  gain.gain.setValueAtTime(0, at)
  gain.gain.linearRampToValueAtTime(0.4, at + 0.02)
  gain.gain.linearRampToValueAtTime(0, at + 0.22)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(at)
  oscillator.stop(at + 0.24)
}
