/**
 * Run by the tests as a process of its own: starts to write a file, says so, and never ends by itself.
 *     node --import tsx slow-writer.ts FILE [listen]
 */
import { setTimeout } from 'node:timers/promises';
import { writeFileAtomically } from '../../src/node/files.js';

const [file, listen] = process.argv.slice(2);
if (listen) process.on('SIGINT', () => process.stdout.write('heard'));
await writeFileAtomically(file!, async (sink) => {
  await sink.write(new TextEncoder().encode('half of the new content'));
  const heard = new AbortController();
  if (listen) process.once('SIGINT', () => heard.abort());
  process.stdout.write('writing');
  await setTimeout(2 ** 30, undefined, { signal: heard.signal }).catch(() => undefined);
}).catch((error: unknown) => {
  process.stdout.write(`\n${(error as Error).message}`);
});
