/** The command line as a program of its own, from its sources: see {@link programWords} in support.ts. */
import { main } from '../../src/cli/process.js';

await main(process.argv.slice(2));
