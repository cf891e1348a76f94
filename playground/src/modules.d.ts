/** What Vite makes of files that are no TypeScript. */
declare module '*.grammar' {
  import type { LRParser } from '@lezer/lr';
  export const parser: LRParser;
}
declare module '*?url' {
  const url: string;
  export default url;
}
