/** What the bundler makes of the route table: method and address of every endpoint, without the schemas. */

declare module 'lineside:routes' {
  export const routes: Readonly<Record<string, string>>
}
declare module '*.woff2' {
  const address: string
  export default address
}
declare module '*.css'
