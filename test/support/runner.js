/**
 * How jest runs the test files: one process for each core loads the library once and runs one file after the other. Jest's own
 * runner gives each file a context of Node's vm module, which loads the library again, and where a look-up of a global name is
 * a slow call: the tests took more than twice as long. So a test file that changes the state of a module changes it back.
 */
import path from 'node:path';
import { createRunner } from 'jest-light-runner';

/** tsx reads this for the names of modules: 'netspec', and '@jest/globals', which refuses to load without jest's runner. */
const TSCONFIG = path.join(import.meta.dirname, 'tsconfig.run.json');

/** A file that does not end is named, and the others run. In milliseconds; the longest takes a minute on two busy cores. */
const LIMIT = 600_000;

export default class Runner extends createRunner({ runtime: 'child_process' }) {
  constructor(...args) {
    super(...args);
    // With one worker it would be jest's process, which does not read TypeScript.
    this._runtime = 'child_process';
    const { NODE_OPTIONS = '' } = process.env;
    process.env.NETSPEC_TEST_NODE_OPTIONS = NODE_OPTIONS;
    process.env.NODE_OPTIONS = `${NODE_OPTIONS} --import ${import.meta.resolve('tsx')}`;
    process.env.TSX_TSCONFIG_PATH = TSCONFIG;
  }

  /** Tests that run now: each is told when one of the processes ends, for the pool would wait for it. */
  #running = new Map();
  #watched = new Set();
  #pools = new Set();

  async runTests(...args) {
    await super.runTests(...args);
    // One that does not end by itself, or took the place of one that had ended, would keep jest.
    for (const { threads } of this.#pools)
      for (const { process: child, port } of threads) {
        // To the pool each end of a process is an error.
        child.removeAllListeners('exit');
        child.kill('SIGKILL');
        // The pool waits at this port for the result of a test that was given up.
        port?.close();
      }
  }

  async _runTest(test) {
    const result = super._runTest(test);
    this.#watch(this._testRunners.get(test.context.config).pool, test.context.config);
    let timer;
    const lost = new Promise((_, reject) => {
      this.#running.set(test, reject);
      timer = setTimeout(() => reject(new Error(`does not end within ${LIMIT / 1000} s`)), LIMIT);
    });
    try {
      return await Promise.race([result, lost]);
    } finally {
      clearTimeout(timer);
      this.#running.delete(test);
    }
  }

  #watch(pool, projectConfig) {
    this.#pools.add(pool);
    const workerData = { globalConfig: this._globalConfig, projectConfig, runtime: this._runtime };
    for (const { process: child } of pool.threads) {
      if (this.#watched.has(child)) continue;
      this.#watched.add(child);
      // The base class answers the first process that asks, and tells all: one that does not yet listen would wait for ever.
      child.on('message', (message) => {
        if (message === 'jest-light-runner-get-worker-data')
          child.send({ type: 'jest-light-runner-worker-data', workerData });
      });
      child.once('exit', (code, signal) => {
        const names = [...this.#running.keys()].map(({ path: file }) => path.basename(file)).join(', ');
        for (const reject of this.#running.values())
          reject(new Error(`a process of the tests ended (${signal ?? code}), which ran one of ${names}`));
      });
    }
  }
}
