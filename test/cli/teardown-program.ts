/**
 * Runs command lines one after the other in one process, and says after each what it left running. The lines are JSON in the
 * first argument. Threads that compute are not counted: those of a memory that is kept for the next net sleep, and hold nobody.
 */
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import workerThreads, { type WorkerOptions } from 'node:worker_threads';

let threads = 0;
const { Worker } = workerThreads;
workerThreads.Worker = class extends Worker {
  constructor(source: string | URL, options?: WorkerOptions) {
    super(source, options);
    if (options?.name !== 'netspec copy') return;
    threads++;
    this.once('exit', () => threads--);
  }
};
syncBuiltinESMExports();

// After that: what it imports gets the class above.
const { runCli } = await import('../../src/cli/run.js');

/** Resources that a command has no business with: this process's own pipes. */
const OWN = ['PipeWrap', 'TTYWrap'];

const resources = () => process.getActiveResourcesInfo().filter((name) => !OWN.includes(name));

for (const words of JSON.parse(process.argv[2]!) as string[][]) {
  const sink = { write: () => true };
  const code = await runCli(words, { stdout: sink, stderr: sink });
  // What was told to end takes a moment.
  for (let tries = 0; tries < 200 && (threads > 0 || resources().length > 0); tries++) await sleep(10);
  console.log(JSON.stringify({ words, code, threads, resources: resources() }));
}
