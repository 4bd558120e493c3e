/** The few pictograms beside words. They repeat what the words say, so a reader of the screen skips them. */

const shapes = {
  line: 'M3 15h4v4H3zM10 15h4v4h-4zM17 15h4v4h-4zM3 11h18v2H3zM5 5h14v4H5z',
  shift: 'M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm0 2.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15zM11 7h2v4.500l3.500 2-1 1.700L11 12.700z',
  jobs: 'M5 3h14v18H5zm3 4v2h8V7zm0 4v2h8v-2zm0 4v2h5v-2z',
  maintenance: 'M14 3a6 6 0 0 1 6.700 7.700L22 12l-4 4-1.500-1.500L8 22l-4-4 8.500-7.500A6 6 0 0 1 14 3z',
  board: 'M2 4h20v13H2zm3 3v7h4V7zm6 0v7h8V7zM8 19h8v2H8z',
  menu: 'M3 6h18v2.500H3zm0 5h18v2.500H3zm0 5h18v2.500H3z',
  bell: 'M12 2a2 2 0 0 1 2 2 6 6 0 0 1 4 6v5l2 3H4l2-3v-5a6 6 0 0 1 4-6 2 2 0 0 1 2-2zM9.500 19.500h5a2.500 2.500 0 0 1-5 0z',
  eye: 'M12 5c5 0 9 4.500 10 7-1 2.500-5 7-10 7S3 14.500 2 12c1-2.500 5-7 10-7zm0 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8z',
  clock: 'M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm0 2.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15zM11 7h2v4.500l3.500 2-1 1.700L11 12.700z',
  broken: 'M3 3l18 18-1.500 1.500-18-18zM12 5a13 13 0 0 1 9 3.500L19.500 10A11 11 0 0 0 12 7zM12 11a7 7 0 0 1 4.500 1.600L15 14zM12 16a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5z',
  flag: 'M5 2h2v20H5zm3 1h12l-3 4.500L20 12H8z',
  halt: 'M8 2h8l6 6v8l-6 6H8l-6-6V8zm-1 8.500v3h10v-3z',
  check: 'M9.500 18.500L3 12l2-2 4.500 4.500L19 5l2 2z',
} as const
export type IconName = keyof typeof shapes

export function Icon({ name }: { readonly name: IconName }) {
  return <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path fill-rule="evenodd" d={shapes[name]} /></svg>
}
