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

  async _runTest(test) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`does not end within ${LIMIT / 1000} s`)), LIMIT);
    });
    try {
      return await Promise.race([super._runTest(test), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
