/**
 * Threads of Node, for nets that compute on several. Imported for this effect by the Node entry.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { workerSource, setThreads } from '../engine/thread-pool.js';

setThreads({
  available: availableParallelism(),
  start: (data) => {
    const source = workerSource("require('node:worker_threads').workerData");
    const worker = new Worker(source, { eval: true, workerData: data, name: 'netspec', stdin: false });
    // Sleeping or working, it is no reason for the process to stay; and one that cannot start leaves its work to others.
    worker.unref();
    worker.on('error', () => {});
    return worker;
  },
});
